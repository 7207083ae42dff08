# verdict: pure_sql
# statement: DELETE FROM t WHERE a < 3 AND b < 1 AND c < 10 AND d = 'y' AND e < 6
defmodule A.W do
  use Oban.Worker
  @hours :timer.hours(3) |> div(3_600_000)

  def perform(_) do
    opts = Keyword.merge([n: 1, m: 2], n: 10)
    sum = Enum.reduce([1, 2, 3], 0, fn x, acc -> x + acc end)
    name = String.replace("x", "x", "y")

    A.Repo.query("DELETE FROM t WHERE a < $1 AND b < $2 AND c < $3 AND d = $4 AND e < $5", [
      @hours,
      rem(7, 2),
      opts[:n],
      name,
      sum
    ])
  end
end
