# verdict: needs_review
# reason: fails-after-sql
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    Repo.rollback(:x)
    :ok
  end

end
