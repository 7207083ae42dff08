# statement: DELETE FROM "visits" AS v0 WHERE (v0."status" = 'void')
defmodule Clinic.Workers.ChunksOfIds do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, where: v.status == "void")
    |> Enum.chunk_every(10)
    |> Enum.each(fn chunk ->
      ids = Enum.map(chunk, & &1.id)
      Repo.delete_all(from v in Visit, where: v.id in ^ids)
    end)
    :ok
  end
end
