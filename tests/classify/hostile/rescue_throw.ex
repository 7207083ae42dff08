# verdict: needs_review
# reason: continues-after-error
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    try do
      Repo.query!("DELETE FROM a")
      throw(:stop)
    rescue
      _ -> Repo.query!("DELETE FROM b")
    end
    :ok
  end

end
