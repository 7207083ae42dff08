# verdict: pure_sql
# entry: {"0 * * * *", A.W} # once an hour
# Documentation that names the entry's rate among others contradicts nothing, nor does data that has a rate in its name.
defmodule A.W do
  @moduledoc """
  Runs every hour. Rows are kept for some time: every 5 minutes at first, **daily** after a week.
  """
  use Oban.Worker
  alias A.Repo

  @doc "The weekly report has a function of its own, every week."
  def other(_job), do: :ok

  def perform(_job), do: Repo.query("DELETE FROM daily_totals")
end
