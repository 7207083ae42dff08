# reason: parameter-unknown
defmodule Clinic.Workers.KeyMayBeNil do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.People.Patient
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, select: v.patient_id) |> Enum.each(fn id -> Repo.delete_all(from p in Patient, where: p.id == ^id) end)
    :ok
  end
end
