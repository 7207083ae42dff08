# verdict: needs_review
# reason: ecto-query
defmodule A.Macros do
  defmacro lowered(x) do
    text = if System.get_env("X"), do: "lower(?)", else: "upper(?)"
    quote do
      fragment(unquote(text), unquote(x))
    end
  end
end
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :kind, :string
  end
end
defmodule A.W do
  use Oban.Worker
  import Ecto.Query
  import A.Macros
  def perform(_), do: A.Repo.delete_all(from t in A.T, where: lowered(t.kind) == "x")
end
