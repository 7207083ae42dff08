# verdict: needs_review
# reason: protocol-effects
defmodule A.W do
  use Oban.Worker
  import Ecto.Query

  def perform(_) do
    A.Repo.query!("DELETE FROM a")
    Enum.each(A.Repo.all(from t in A.T), fn t -> Enum.count(t.lines) end)
    :ok
  end
end
defmodule A.Lines do
  use Ecto.Type
  def type, do: :map
  def load(_), do: {:ok, %A.Lines.Held{}}
end
defmodule A.Lines.Held do
  defstruct []
end
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :lines, A.Lines
  end
end
defimpl Enumerable, for: A.Lines.Held do
  def reduce(_, a, _), do: (HTTPoison.get!("u"); {:done, a})
  def count(_), do: (HTTPoison.get!("u"); {:ok, 0})
  def member?(_, _), do: {:error, __MODULE__}
  def slice(_), do: {:error, __MODULE__}
end
