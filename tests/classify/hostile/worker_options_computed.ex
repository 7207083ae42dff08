# verdict: needs_review
# reason: entry-in-doubt
defmodule A.W do
  use Oban.Worker, A.Options.worker()

  def perform(_), do: A.Repo.query("DELETE FROM t")
end
