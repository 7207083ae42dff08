# until: fewer 1
defmodule Clinic.Workers.TransactionInEachTurn do
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
    {:ok, n} =
      Repo.transaction(fn ->
        {n, _} = Repo.delete_all(from v in Visit, where: v.id in subquery(from x in Visit, where: x.status == "void", limit: @batch, select: x.id))
        Repo.update_all(from(b in Bill, where: b.state == :draft), inc: [tries: 1])
        n
      end)

    if n > 0, do: purge()
  end
end
