# reason: unknown-call
# reason: ecto-changeset
defmodule Clinic.Workers.OptimisticLock do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> v |> Ecto.Changeset.change(room: 1) |> Ecto.Changeset.optimistic_lock(:room) |> Repo.update() end)
    :ok
  end
end
