# verdict: needs_review
# reason: protocol-effects
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    _ = "#{%A.S{}}"
    :ok
  end

end
defmodule A.S do
  defstruct [:a]
  defimpl String.Chars do
    def to_string(_), do: File.read!("x")
  end
end
