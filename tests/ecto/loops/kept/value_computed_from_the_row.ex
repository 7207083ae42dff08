# reason: parameter-unknown
defmodule Clinic.Workers.ValueComputedFromTheRow do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> Repo.update!(Ecto.Changeset.change(v, room: (v.room || 0) + 1)) end)
    :ok
  end
end
