# verdict: pure_sql
# statement: DELETE FROM a
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    t = "a"
    {t = "b", Repo.query!("DELETE FROM #{t}")}
    :ok
  end

end
