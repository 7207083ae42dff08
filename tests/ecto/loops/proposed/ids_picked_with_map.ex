# statement: UPDATE "visits" AS v0 SET "status" = 'gone' WHERE (v0."status" = 'void')
defmodule Clinic.Workers.IdsPickedWithMap do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    ids = Visit |> where(status: "void") |> Repo.all() |> Enum.map(& &1.id)
    Repo.update_all(from(v in Visit, where: v.id in ^ids), set: [status: "gone"])
    :ok
  end
end
