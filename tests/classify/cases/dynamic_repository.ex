# verdict: pure_sql
# reason: dynamic-repository
# statement: DELETE FROM t
# repo: defoverridable get_dynamic_repo: 0
# repo: def get_dynamic_repo, do: Process.get(:pool) || __MODULE__
defmodule A.W do
  use Oban.Worker
  def perform(_), do: A.Repo.query("DELETE FROM t")
end
