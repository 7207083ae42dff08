# verdict: needs_review
# reason: ecto-query
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :kind, :string
  end
end
defmodule A.W do
  use Oban.Worker
  import Ecto.Query
  defmacrop lowered(x), do: quote(do: fragment("lower(?)", unquote(x)))
  defmacrop lowered(x), do: quote(do: fragment("upper(?)", unquote(x)))
  def perform(_), do: A.Repo.delete_all(from t in A.T, where: lowered(t.kind) == "x")
end
