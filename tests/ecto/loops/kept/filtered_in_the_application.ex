# reason: unknown-call
# reason: ecto-changeset
defmodule Clinic.Workers.FilteredInTheApplication do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.filter(& &1.room) |> Enum.each(&Repo.delete!/1)
    :ok
  end
end
