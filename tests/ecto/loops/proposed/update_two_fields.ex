# statement: UPDATE "visits" AS v0 SET "status" = 'late', "room" = 3, "updated_at" = date_trunc('second', now() AT TIME ZONE 'UTC') WHERE (v0."status" = 'open') AND (v0."status" IS DISTINCT FROM 'late' OR v0."room" IS DISTINCT FROM 3)
defmodule Clinic.Workers.UpdateTwoFields do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, where: v.status == "open")
    |> Enum.each(fn v -> v |> Ecto.Changeset.change(status: "late", room: 3) |> Repo.update!() end)
    :ok
  end
end
