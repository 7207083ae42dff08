# verdict: needs_review
# reason: parameter-unknown
# config: config :a, days: String.to_integer(System.get_env("DAYS", "1"))
defmodule A.W do
  use Oban.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t WHERE n < $1", [Application.get_env(:a, :days, 14)])
end

