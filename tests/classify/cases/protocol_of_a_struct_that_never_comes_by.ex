# verdict: pure_sql
# statement: DELETE FROM a
defmodule A.W do
  use Oban.Worker

  def perform(_) do
    A.Repo.query!("DELETE FROM a")
    Enum.each([1, 2], &to_string/1)
    :ok
  end
end
defmodule A.Zip.Stream do
  defstruct []
end
defimpl Enumerable, for: A.Zip.Stream do
  def reduce(_, a, _), do: (HTTPoison.get!("u"); {:done, a})
  def count(_), do: {:error, __MODULE__}
  def member?(_, _), do: {:error, __MODULE__}
  def slice(_), do: {:error, __MODULE__}
end
