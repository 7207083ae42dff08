# reason: ecto-changeset
defmodule Clinic.Workers.OnlyTheFirstThree do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.take(3) |> Enum.each(&Repo.delete!/1)
    :ok
  end
end
