# verdict: needs_review
# reason: not-understood
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    File."rm!"("x")
    Repo.query!("DELETE FROM a")
    :ok
  end

end
