# verdict: needs_review
# reason: unknown-worker
defmodule A.W do
  use A.Worker

  alias A.Repo

  def perform(_job), do: Repo.query("DELETE FROM t")
end
