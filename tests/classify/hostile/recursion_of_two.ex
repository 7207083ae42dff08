# verdict: split
# reason: recursion
# reason: needs-app-http
# Two functions that call each other with what they were given: followed once round, whoever calls first.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(%Oban.Job{id: id}) do
    again(id)
    ask(id)
  end

  defp ask(id) do
    if rem(id, 2) == 0, do: again(id), else: Repo.query!("DELETE FROM a")
  end

  defp again(id) do
    if rem(id, 3) == 0, do: ask(id), else: Req.get!("https://example.com")
  end
end
