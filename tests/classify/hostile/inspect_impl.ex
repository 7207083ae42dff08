# verdict: needs_review
# reason: protocol-effects
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  require Logger
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    Logger.info(inspect(%A.S{}))
    :ok
  end

end
defmodule A.S do
  defstruct [:a]
  defimpl Inspect do
    def inspect(_, _), do: File.read!("x")
  end
end
