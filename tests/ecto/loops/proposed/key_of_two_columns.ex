# statement: DELETE FROM "patient_labels" AS p0 WHERE (p0."position" > 20)
defmodule Clinic.Workers.KeyOfTwoColumns do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.People.PatientLabel

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from l in PatientLabel, where: l.position > 20) |> Enum.each(&Repo.delete!/1)
    :ok
  end
end
