# verdict: needs_review
# reason: conditional-sql
defmodule A.W do
  use Oban.Worker
  require Logger

  def perform(_) do
    import Logger
    debug("removed #{inspect(A.Repo.query("DELETE FROM t"))}")
    :ok
  end
end
