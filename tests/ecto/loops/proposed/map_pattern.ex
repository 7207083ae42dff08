# statement: UPDATE "visits" AS v0 SET "status" = 'open' WHERE (v0."status" = 'late')
defmodule Clinic.Workers.MapPattern do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, where: v.status == "late", select: %{id: v.id, room: v.room})
    |> Enum.each(fn %{id: id} -> Repo.update_all(from(v in Visit, where: v.id == ^id), set: [status: "open"]) end)
    :ok
  end
end
