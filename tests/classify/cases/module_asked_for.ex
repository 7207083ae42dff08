# verdict: pure_sql
# statement: DELETE FROM "t" AS t0 WHERE (t0."done" = TRUE)
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :done, :boolean
  end
end
defmodule A.Safe do
  def sweep(queryable) when is_atom(queryable), do: if(schema?(queryable), do: A.Repo.query("DELETE FROM all_of_it"))
  def sweep(queryable), do: A.Repo.delete_all(queryable)
  defp schema?(module), do: Code.ensure_loaded?(module) and function_exported?(module, :__schema__, 1)
end
defmodule A.W do
  use Oban.Worker
  import Ecto.{Changeset, Query}

  def perform(_), do: A.T |> where([t], t.done == true) |> A.Safe.sweep()
end
