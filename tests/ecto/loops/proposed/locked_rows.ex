# statement: SELECT v0."id", v0."status", v0."starts_at", v0."ends_at", v0."room", v0."cost", v0."codes", v0."detail", v0."group", v0."patient_id", v0."inserted_at", v0."updated_at" FROM "visits" AS v0 WHERE (v0."status" = 'open') FOR UPDATE SKIP LOCKED
# statement: DELETE FROM "visits" AS v0 WHERE (v0."id" IN (SELECT sv0."id" FROM "visits" AS sv0 WHERE (sv0."status" = 'open') FOR UPDATE SKIP LOCKED))
defmodule Clinic.Workers.LockedRows do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.transaction(fn -> Repo.all(from v in Visit, where: v.status == "open", lock: "FOR UPDATE SKIP LOCKED") |> Enum.each(&Repo.delete!/1) end)
    :ok
  end
end
