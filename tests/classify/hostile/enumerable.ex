# verdict: needs_review
# reason: protocol-effects
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    Enum.to_list(%A.Src{})
    :ok
  end

end
defmodule A.Src do
  defstruct []
  defimpl Enumerable do
    def reduce(_, a, f), do: (HTTPoison.get!("u"); {:done, a})
    def count(_), do: {:error, __MODULE__}
    def member?(_, _), do: {:error, __MODULE__}
    def slice(_), do: {:error, __MODULE__}
  end
end
