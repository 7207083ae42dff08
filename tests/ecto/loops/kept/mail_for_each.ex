# reason: needs-app-http
# reason: parameter-unknown
defmodule Clinic.Workers.MailForEach do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, where: v.room == 1)
    |> Enum.each(fn v -> Req.post!("http://x", json: v.id); Repo.delete!(v) end)
    :ok
  end
end
