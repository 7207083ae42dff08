# statement: DELETE FROM "visits" AS v0 WHERE ((v0."status" = 'void') AND (v0."inserted_at" < (now() AT TIME ZONE 'UTC')::timestamp - interval '30 day'))
defmodule Clinic.Workers.DeleteInComprehensionOrdered do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    visits = Repo.all(from v in Visit, where: v.status == "void" and v.inserted_at < ago(30, "day"), order_by: v.id)
    for v <- visits, do: Repo.delete!(v)
    :ok
  end
end
