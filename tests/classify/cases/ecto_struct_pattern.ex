# verdict: pure_sql
# statement: DELETE FROM "sessions" AS s0 WHERE (s0."expired")
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  import Ecto.Query

  def perform(_job) do
    from(s in "sessions", where: s.expired) |> sweep()
    :ok
  end

  # A query matches its struct: the clause is taken, and no other.
  defp sweep(%Ecto.Query{} = query), do: Repo.delete_all(query)
end
