# verdict: needs_review
# reason: rolled-back
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.transaction(fn ->
      Repo.query!("DELETE FROM a")
      try do
        Repo.transaction(fn -> raise "x" end)
      rescue
        _ -> :ok
      end
    end)
    :ok
  end

end
