# verdict: pure_sql
# statement: DELETE FROM t
# loss: uniqueness
defmodule A.W do
  use Oban.Worker, unique: [period: :infinity, states: [:available, :executing, :retryable], fields: [:worker]]

  def perform(_), do: A.Repo.query!("DELETE FROM t")
end
