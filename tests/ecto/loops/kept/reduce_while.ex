# reason: ecto-changeset
defmodule Clinic.Workers.ReduceWhile do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.reduce_while(0, fn v, n -> Repo.delete!(v); if n > 3, do: {:halt, n}, else: {:cont, n + 1} end)
    :ok
  end
end
