# verdict: pure_sql
# statement: VACUUM ANALYZE t
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job), do: Repo.query("VACUUM ANALYZE t")
end
