# verdict: needs_review
# reason: protocol-effects
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    Enum.into(["a"], A.Sink.new())
    :ok
  end

end
defmodule A.Sink do
  defstruct []
  def new, do: %__MODULE__{}
  defimpl Collectable do
    def into(s), do: {s, fn _, {:cont, x} -> HTTPoison.post!("u", x); _, :done -> s end}
  end
end
