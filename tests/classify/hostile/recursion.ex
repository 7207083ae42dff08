# verdict: pure_sql
# statement: UPDATE c SET n = n + 1
# statement: UPDATE c SET n = n + 1
# statement: UPDATE c SET n = n + 1
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    loop(3)
  end
  defp loop(0), do: :ok
  defp loop(n) do
    Repo.query!("UPDATE c SET n = n + 1")
    loop(n - 1)
  end
end
