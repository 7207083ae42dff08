# statement: DELETE FROM "visits" AS v0 WHERE (v0."room" > 5)
defmodule Clinic.Workers.StructPattern do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    for %Visit{id: id} <- Repo.all(from v in Visit, where: v.room > 5) do
      Repo.delete_all(from v in Visit, where: v.id == ^id)
    end
    :ok
  end
end
