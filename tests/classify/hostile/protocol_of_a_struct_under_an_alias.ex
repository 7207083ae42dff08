# verdict: needs_review
# reason: protocol-effects
defmodule A.W do
  use Oban.Worker
  alias A.Zip.{Stream}

  def perform(_) do
    A.Repo.query!("DELETE FROM a")
    Enum.each(struct(Stream), & &1)
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
