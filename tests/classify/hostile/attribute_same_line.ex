# verdict: pure_sql
# statement: DELETE FROM b
defmodule A.W do
  use Oban.Worker
  @sql "DELETE FROM a"
  @sql "DELETE FROM b"; def perform(_), do: A.Repo.query(@sql); @sql "DELETE FROM c"
end
