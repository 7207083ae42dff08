# statement: DELETE FROM "visits" AS v0 WHERE (v0."id" IN (SELECT sv0."id" FROM "visits" AS sv0 WHERE (sv0."status" = 'done') ORDER BY sv0."inserted_at" DESC LIMIT 5))
defmodule Clinic.Workers.DeleteTheLastFive do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, where: v.status == "done", order_by: [desc: v.inserted_at], limit: 5)
    |> Enum.each(fn v -> Repo.delete!(v) end)
    :ok
  end
end
