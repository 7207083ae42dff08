# until: fewer 7
defmodule Clinic.Workers.UntilFewerWithTotal do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @batch 7

  @impl Oban.Worker
  def perform(_job) do
    purge(0)
    :ok
  end

  defp purge(total) do
    case Repo.delete_all(from v in Visit, where: v.id in subquery(from x in Visit, where: x.status == "void", limit: @batch, select: x.id)) do
      {n, _} when n < @batch -> total + n
      {n, _} -> purge(total + n)
    end
  end
end
