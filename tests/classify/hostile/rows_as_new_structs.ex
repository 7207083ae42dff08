# verdict: app_logic
# reason: needs-app-http
# A row may be a struct that the query makes.
defmodule A.Host do
  use Ecto.Schema

  schema "hosts" do
    field :domain, :string
  end
end

defmodule A.W do
  use Oban.Worker
  import Ecto.Query
  alias A.{Host, Repo}

  def perform(_job) do
    Host
    |> select([h], %Host{domain: h.domain})
    |> Repo.all()
    |> Enum.each(fn %Host{domain: domain} -> Req.get!("https://#{domain}") end)
  end
end
