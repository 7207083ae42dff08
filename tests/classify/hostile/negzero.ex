# verdict: pure_sql
# statement: UPDATE a SET x = x -(-0.0)
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("UPDATE a SET x = x -$1", [-0.0])
    :ok
  end

end
