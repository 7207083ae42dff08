# verdict: needs_review
# reason: sql-does-not-parse
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job), do: Repo.query("DELETE FROM a; DELETE FROM b")
end
