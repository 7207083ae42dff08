# verdict: needs_review
# reason: fails-after-sql
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("UPDATE c SET n = n + 1")
    {:error, :again}
  end

end
