# verdict: needs_review
# reason: fails-after-sql
defmodule A.W do
  use Oban.Worker

  def perform(_) do
    {:ok, result} = A.Repo.query("DELETE FROM t")
    few(result.num_rows, length(["a", "b"]))
  end

  defp few(n, most) when n < most, do: :ok
end
