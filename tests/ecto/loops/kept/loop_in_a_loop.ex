# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.LoopInALoop do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.People.Patient
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Patient) |> Enum.each(fn p -> for v <- Repo.all(from v in Visit, where: v.patient_id == ^p.id), do: Repo.delete!(v) end)
    :ok
  end
end
