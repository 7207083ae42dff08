# verdict: pure_sql
# statement: UPDATE c SET n = n + 1
# statement: DELETE FROM z
# statement: UPDATE c SET n = n + 1
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    bump()
    Repo.query!("DELETE FROM z")
    bump()
    :ok
  end
  defp bump, do: Repo.query!("UPDATE c SET n = n + 1")
end
