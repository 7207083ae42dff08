# verdict: needs_review
# reason: stands-alone
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.transaction(fn -> Repo.query!("VACUUM a") end)
    :ok
  end

end
