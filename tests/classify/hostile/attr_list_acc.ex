# verdict: needs_review
# reason: module-not-understood
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  @tables ["a"]
  for t <- ~w(b c) do
    @tables @tables ++ [t]
  end
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    for t <- @tables, do: Repo.query!("DELETE FROM #{t}")
    :ok
  end

end
