# reason: ecto-changeset
defmodule Clinic.Workers.CastAndValidated do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> v |> Ecto.Changeset.cast(%{status: "x"}, [:status]) |> Ecto.Changeset.validate_inclusion(:status, ["y"]) |> Repo.update() end)
    :ok
  end
end
