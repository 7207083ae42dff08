# reason: ecto-raises
defmodule Clinic.Workers.RaisesOnMicroseconds do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.People.Patient

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Patient) |> Enum.each(fn p -> Repo.update!(Ecto.Changeset.change(p, archived_at: DateTime.utc_now())) end)
    :ok
  end
end
