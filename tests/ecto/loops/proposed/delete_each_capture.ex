# statement: DELETE FROM "visits" AS v0 WHERE (v0."status" = 'void')
defmodule Clinic.Workers.DeleteEachCapture do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Visit |> where([v], v.status == "void") |> Repo.all() |> Enum.each(&Repo.delete/1)
    :ok
  end
end
