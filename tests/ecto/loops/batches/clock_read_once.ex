# until: fewer 1
defmodule Clinic.Workers.ClockReadOnce do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    cutoff = DateTime.utc_now() |> DateTime.add(-3 * 86_400, :second)
    purge(cutoff)
    :ok
  end

  defp purge(cutoff) do
    old = from v in Visit, where: v.inserted_at < ^cutoff, limit: 5, select: v.id

    case Repo.delete_all(from v in Visit, where: v.id in subquery(old)) do
      {0, _} -> :ok
      {_, _} -> purge(cutoff)
    end
  end
end
