# statement: UPDATE "locks" AS l0 SET "owner" = NULL, "count" = l0."count" + 1 WHERE (NOT (l0."owner" IS NULL))
defmodule Clinic.Workers.IncrementByKey do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Ops.Lock

  @impl Oban.Worker
  def perform(_job) do
    locks = Repo.all(from l in Lock, where: not is_nil(l.owner), select: l.key)
    Enum.each(locks, fn key -> Repo.update_all(from(l in Lock, where: l.key == ^key), set: [owner: nil], inc: [count: 1]) end)
    :ok
  end
end
