# verdict: pure_sql
# repo: def transact(fun, opts), do: transaction(fn -> case fun.() do {:ok, v} -> v; {:error, r} -> rollback(r) end end, opts)
# statement: DELETE FROM a
# statement: DELETE FROM b
defmodule A.W do
  use Oban.Worker

  def perform(_) do
    A.Repo.transact(fn ->
      A.Repo.query!("DELETE FROM a")
      A.Repo.query!("DELETE FROM b")
      {:ok, 1}
    end, [])
    :ok
  end
end
