# verdict: pure_sql
# statement: DELETE FROM a WHERE x
defmodule A.W do
  use Oban.Worker
  @sql "DELETE FROM a"; @sql @sql <> " WHERE x"; def perform(_), do: A.Repo.query(@sql)
end
