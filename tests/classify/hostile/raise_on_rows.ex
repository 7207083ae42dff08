# verdict: needs_review
# reason: fails-after-sql
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    r = Repo.query!("UPDATE c SET n = n + 1 WHERE ready")
    if r.num_rows == 0, do: raise("nothing")
    :ok
  end

end
