# statement: DELETE FROM "visits" AS v0 WHERE (v0."room" = 2)
defmodule Clinic.Workers.ReduceCounts do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Enum.reduce(Repo.all(from v in Visit, where: v.room == 2), 0, fn v, n -> Repo.delete!(v); n + 1 end)
    :ok
  end
end
