# verdict: needs_review
# reason: parameter-unknown
# config: config :a, days: 3
defmodule A.W do
  use Oban.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t WHERE n < $1", [Application.get_env(:a, :days, 14)])
end

defmodule A.Puts do
  def go(n), do: Application.put_env(:a, :days, n)
end
