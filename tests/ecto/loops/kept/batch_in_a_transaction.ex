# reason: recursion
defmodule Clinic.Workers.BatchInATransaction do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @batch 7

  @impl Oban.Worker
  def perform(_job) do
    Repo.transaction(fn -> purge() end)
    :ok
  end

  defp purge do
    {n, _} = Repo.delete_all(from v in Visit, where: v.id in subquery(from x in Visit, where: x.status == "void", limit: @batch, select: x.id))
    if n > 0, do: purge()
  end
end
