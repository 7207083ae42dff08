# verdict: needs_review
# reason: conditional-sql
defmodule A.W do
  use Oban.Worker
  require Logger
  import Logger

  def perform(_) do
    info("removed #{inspect(A.Repo.query("DELETE FROM t"))}")
    :ok
  end
end
