# verdict: needs_review
# reason: unknown-call
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Map.get(%{}, :a)
    Repo.query!("DELETE FROM a")
    :ok
  end

end
defmodule Map do
  def get(_, _), do: :ok
end
