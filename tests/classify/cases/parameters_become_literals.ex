# verdict: pure_sql
# statement: DELETE FROM t WHERE a = 'it''s' AND b - (-7) > 0 AND c < 30
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  @days 30

  def perform(_job) do
    Repo.query("DELETE FROM t WHERE a = $1 AND b - $2 > 0 AND c < $3", ["it's", -7, @days])
  end
end
