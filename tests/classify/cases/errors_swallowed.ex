# verdict: pure_sql
# statement: DELETE FROM t
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Repo.query("DELETE FROM t")
    :ok
  end
end
