# verdict: app_logic
# reason: needs-app-http
# A list of fields is a list in each row, a struct is a struct, a text is a key.
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
    |> select([h], [h.id, h.domain])
    |> Repo.all()
    |> Enum.each(fn [_, domain] -> Req.get!("https://#{domain}") end)
  end
end
