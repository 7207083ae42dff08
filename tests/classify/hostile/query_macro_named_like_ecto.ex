# verdict: pure_sql
# statement: DELETE FROM "t" AS t0 WHERE (coalesce(t0."kind", 'x') = 'y')
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :kind, :string
  end
end
defmodule A.W do
  use Oban.Worker
  import Ecto.Query
  defmacrop coalesce(x, _), do: quote(do: fragment("upper(?)", unquote(x)))
  def perform(_), do: A.Repo.delete_all(from t in A.T, where: coalesce(t.kind, "x") == "y")
end
