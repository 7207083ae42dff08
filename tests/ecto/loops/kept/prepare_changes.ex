# reason: unknown-call
# reason: ecto-changeset
defmodule Clinic.Workers.PrepareChanges do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> v |> Ecto.Changeset.change(room: 1) |> Ecto.Changeset.prepare_changes(fn c -> c end) |> Repo.update!() end)
    :ok
  end
end
