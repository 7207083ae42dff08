# reason: needs-app-process-state
# reason: ecto-changeset
defmodule Clinic.Workers.Tasks do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Task.async_stream(&Repo.delete!/1) |> Enum.to_list()
    :ok
  end
end
