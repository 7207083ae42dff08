# verdict: pure_sql
# statement: DELETE FROM b
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    m = %{t: "a", t: "b"}
    Repo.query!("DELETE FROM #{m.t}")
    :ok
  end

end
