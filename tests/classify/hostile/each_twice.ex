# verdict: pure_sql
# statement: UPDATE c SET n = n + 1
# statement: UPDATE c SET n = n + 1
# statement: UPDATE c SET n = n + 1
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Enum.each([1,2,3], fn _ -> Repo.query!("UPDATE c SET n = n + 1") end)
    :ok
  end

end
