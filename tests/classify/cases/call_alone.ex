# verdict: pure_sql
# remark: routine-not-seen
# statement: CALL tidy(20)
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job), do: Repo.query("CALL tidy(20)")
end
