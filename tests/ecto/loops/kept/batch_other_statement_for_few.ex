# reason: recursion
defmodule Clinic.Workers.BatchOtherStatementForFew do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.{Visit, Bill}

  @batch 7

  @impl Oban.Worker
  def perform(_job) do
    purge()
    :ok
  end

  defp purge do
    {n, _} = Repo.delete_all(from v in Visit, where: v.id in subquery(from x in Visit, where: x.status == "void", limit: @batch, select: x.id))
    if n < 3, do: Repo.delete_all(Bill)
    if n > 0, do: purge()
  end
end
