# until: fewer 1
defmodule Clinic.Workers.RepeatedStream do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @batch 7

  @impl Oban.Worker
  def perform(_job) do
    Stream.repeatedly(fn -> delete() end)
    |> Stream.take_while(&(&1 > 0))
    |> Enum.sum()
    :ok
  end

  defp delete do
    {n, _} = Repo.delete_all(from v in Visit, where: v.id in subquery(from x in Visit, where: x.status == "void", limit: @batch, select: x.id))
    n
  end
end
