# verdict: needs_review
# reason: rolled-back
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.transaction(fn ->
      Repo.query!("DELETE FROM a")
      Repo.transaction(fn -> Repo.rollback(:x) end)
    end)
    :ok
  end

end
