# statement: UPDATE "locks" AS l0 SET "owner" = l0."key" WHERE (l0."count" < 8) AND (l0."owner" IS DISTINCT FROM l0."key")
defmodule Clinic.Workers.ColumnCopiedFromTheRow do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Ops.Lock

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from l in Lock, where: l.count < 8) |> Enum.each(fn l -> Repo.update!(Ecto.Changeset.change(l, owner: l.key)) end)
    :ok
  end
end
