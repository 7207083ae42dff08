# verdict: pure_sql
# remark: schedule-differs
# remark: schedule-differs
# entry: {"0 * * * *", A.W, args: %{mode: "weekly"}} # runs every 5 minutes
# A comment and an argument that do not fit the schedule are said; the verdict stays.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_job), do: Repo.query("DELETE FROM a")
end
