# verdict: pure_sql
defmodule A.W do
  use Oban.Worker
  require Logger

  def perform(_) do
    A.Repo.query!("DELETE FROM t")
    Logger.info("left: #{inspect(A.Repo.query!("SELECT count(*) FROM t"))}")
    :ok
  end
end
