# reason: recursion
defmodule Clinic.Workers.BatchClockAsDefault do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    purge()
    :ok
  end

  defp purge(cutoff \\ DateTime.utc_now()) do
    old = from v in Visit, where: v.inserted_at < ^cutoff, limit: 5, select: v.id
    {n, _} = Repo.delete_all(from v in Visit, where: v.id in subquery(old))
    if n > 0, do: purge()
  end
end
