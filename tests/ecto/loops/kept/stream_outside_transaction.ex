# reason: ecto-query
# reason: ecto-changeset
defmodule Clinic.Workers.StreamOutsideTransaction do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.stream(Visit) |> Enum.each(&Repo.delete!/1)
    :ok
  end
end
