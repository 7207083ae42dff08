# verdict: needs_review
# reason: fails-after-sql
defmodule A.W do
  use Oban.Worker
  @most 100

  def perform(_) do
    {:ok, result} = A.Repo.query("DELETE FROM t")

    case result.num_rows do
      n when n <= @most -> :ok
    end
  end
end
