# verdict: needs_review
# reason: rolled-back
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.transaction(fn ->
      Repo.query!("DELETE FROM a")
      Repo.transaction(fn -> Repo.query!("DELETE FROM b"); Repo.rollback(:no) end)
      Repo.query!("DELETE FROM c")
    end)
    :ok
  end

end
