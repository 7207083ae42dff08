# verdict: needs_review
# reason: conditional-sql
defmodule A.W do
  use Oban.Worker

  alias A.Repo

  def perform(job) do
    Repo.query!("DELETE FROM a")
    Date.from_iso8601!(job.meta["day"])
    Repo.query!("DELETE FROM b")
  end
end
