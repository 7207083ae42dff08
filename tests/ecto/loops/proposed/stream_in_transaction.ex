# statement: DELETE FROM "locks" AS l0 WHERE (l0."count" > 5)
defmodule Clinic.Workers.StreamInTransaction do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Ops.Lock

  @impl Oban.Worker
  def perform(_job) do
    Repo.transaction(fn ->
      from(l in Lock, where: l.count > 5)
      |> Repo.stream()
      |> Stream.each(fn lock -> Repo.delete!(lock) end)
      |> Stream.run()
    end)
    :ok
  end
end
