# verdict: needs_review
# reason: recursion
# SQL that stands behind the call of the function itself runs once for each turn, after the last.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(%Oban.Job{id: id}), do: again(id)

  defp again(id) do
    if rem(id, 2) == 0, do: again(id)
    Repo.query!("DELETE FROM a")
  end
end
