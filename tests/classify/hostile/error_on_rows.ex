# verdict: needs_review
# reason: fails-after-sql
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    case Repo.query!("UPDATE c SET n = n + 1 WHERE ready").num_rows do
      0 -> {:error, :not_ready}
      _ -> :ok
    end
  end

end
