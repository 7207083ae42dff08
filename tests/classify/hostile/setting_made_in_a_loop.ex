# verdict: needs_review
# reason: parameter-unknown
# config: for {k, v} <- [days: 1], do: config :a, [{k, v}]
defmodule A.W do
  use Oban.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t WHERE n < $1", [Application.get_env(:a, :days, 14)])
end

