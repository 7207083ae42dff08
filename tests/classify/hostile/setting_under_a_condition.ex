# verdict: needs_review
# reason: parameter-unknown
# config: if System.get_env("X"), do: config :a, days: 3
defmodule A.W do
  use Oban.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t WHERE n < $1", [Application.get_env(:a, :days, 14)])
end

