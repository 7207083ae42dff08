# verdict: pure_sql
# statement: DELETE FROM "t" AS t0 WHERE (lower(t0."kind") = lower('X') AND (t0."data"->>'state' = 'done'))
# statement: DELETE FROM "t" AS t0 WHERE (lower(t0."kind") IS NULL)
defmodule A.Macros do
  defmacro lowered(x) do
    quote do
      fragment("lower(?)", unquote(x))
    end
  end

  defmacro same(a, b), do: quote(do: fragment("? = ?", A.Macros.lowered(unquote(a)), A.Macros.lowered(unquote(b))))
end
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :kind, :string
    field :data, :map
  end
end
defmodule A.W do
  use Oban.Worker
  import Ecto.Query
  import A.Macros
  require A.Macros

  defmacrop state(data) do
    quote do
      fragment("?->>'state'", unquote(data))
    end
  end

  def perform(_) do
    A.Repo.delete_all(from t in A.T, where: same(t.kind, "X") and state(t.data) == "done")
    A.T |> where([t], is_nil(A.Macros.lowered(t.kind))) |> A.Repo.delete_all()
    :ok
  end
end
