# reason: ecto-raises
defmodule Clinic.Workers.NoSuchField do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> Repo.update!(Ecto.Changeset.change(v, nonsense: 1)) end)
    :ok
  end
end
