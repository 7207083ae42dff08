# verdict: pure_sql
# loss: pinned-setting
# statement: DELETE FROM t WHERE n < 14
defmodule A.W do
  use Oban.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t WHERE n < $1", [Application.get_env(:a, :days, 14)])
end
