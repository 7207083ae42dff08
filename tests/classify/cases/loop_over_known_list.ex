# verdict: pure_sql
# statement: TRUNCATE a
# statement: TRUNCATE b
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Enum.each(~w(a b), fn table -> Repo.query!("TRUNCATE #{table}") end)
  end
end
