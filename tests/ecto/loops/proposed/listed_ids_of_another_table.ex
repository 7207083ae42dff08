# statement: DELETE FROM "billing"."bills" AS b0 WHERE (b0."visit_id" IN (SELECT sv0."id" FROM "visits" AS sv0 WHERE (sv0."status" = 'done')))
defmodule Clinic.Workers.ListedIdsOfAnotherTable do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.{Visit, Bill}

  @impl Oban.Worker
  def perform(_job) do
    ids = Repo.all(from v in Visit, where: v.status == "done", select: v.id)
    Repo.delete_all(from b in Bill, where: b.visit_id in ^ids)
    :ok
  end
end
