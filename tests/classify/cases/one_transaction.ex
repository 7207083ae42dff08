# verdict: pure_sql
# statement: DELETE FROM a
# statement: DELETE FROM b
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Repo.transaction(fn ->
      Repo.query!("DELETE FROM a")
      Repo.query!("DELETE FROM b")
    end)
  end
end
