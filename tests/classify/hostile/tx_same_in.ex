# verdict: pure_sql
# statement: UPDATE c SET n = n + 1
# statement: UPDATE c SET n = n + 1
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.transaction(fn -> b(); b() end)
    :ok
  end
  defp b, do: Repo.query!("UPDATE c SET n = n + 1")
end
