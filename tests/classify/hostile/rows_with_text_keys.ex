# verdict: app_logic
# reason: needs-app-http
# A map in a row may have texts as keys.
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
    |> select([h], %{"domain" => h.domain})
    |> Repo.all()
    |> Enum.each(fn %{"domain" => domain} -> Req.get!("https://#{domain}") end)
  end
end
