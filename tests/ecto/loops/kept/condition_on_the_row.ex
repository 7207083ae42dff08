# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.ConditionOnTheRow do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> if v.room > 3, do: Repo.delete!(v) end)
    :ok
  end
end
