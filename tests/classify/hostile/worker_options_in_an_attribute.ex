# verdict: needs_review
# reason: uniqueness-skips-ticks
defmodule A.W do
  @options [unique: [period: 86_400]]
  use Oban.Worker, @options

  def perform(_), do: A.Repo.query("DELETE FROM t")
end
