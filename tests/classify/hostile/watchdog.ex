# verdict: needs_review
# reason: fails-after-sql
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    %{rows: [[n]]} = Repo.query!("SELECT count(*) FROM q")
    if n > 0, do: raise("orphans")
    :ok
  end

end
