# verdict: pure_sql
# reason: only-sql
# statement: DELETE FROM t
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  @impl true
  def perform(_job) do
    Repo.query!("DELETE FROM t")
    :ok
  end
end
