# verdict: needs_review
# reason: conditional-sql
# What depends on the day is not decided on the day of reading.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_job) do
    if Date.utc_today().day == 1 or match?(%{month: 12}, Date.utc_today()) do
      Repo.query("DELETE FROM a")
    else
      :ok
    end
  end
end
