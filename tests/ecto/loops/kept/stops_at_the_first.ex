# reason: ecto-changeset
# reason: unknown-call
defmodule Clinic.Workers.StopsAtTheFirst do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.find(fn v -> Repo.delete!(v); v.room == 2 end)
    :ok
  end
end
