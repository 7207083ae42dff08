# reason: ecto-changeset
defmodule Clinic.Workers.MapFieldCompared do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> Repo.update!(Ecto.Changeset.change(v, detail: %{"a" => 1})) end)
    :ok
  end
end
