# verdict: needs_review
# reason: unknown-use
defmodule A.W do
  use Oban.Worker
  use A.Audited

  alias A.Repo

  def perform(_job), do: Repo.query("DELETE FROM t")
end
