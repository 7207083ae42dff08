# statement: UPDATE "billing"."bills" AS b0 SET "state" = 'void' WHERE (b0."visit_id" IN (SELECT sv0."id" FROM "visits" AS sv0 WHERE (sv0."room" = 1))) AND (b0."state" = 'draft')
defmodule Clinic.Workers.ChildrenByRow do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.{Visit, Bill}

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, where: v.room == 1)
    |> Enum.each(fn v -> Repo.update_all(from(b in Bill, where: b.visit_id == ^v.id and b.state == :draft), set: [state: :void]) end)
    :ok
  end
end
