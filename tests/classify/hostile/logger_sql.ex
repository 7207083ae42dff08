# verdict: needs_review
# reason: conditional-sql
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  require Logger
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Logger.debug("x #{inspect(Repo.query!("DELETE FROM a"))}")
    :ok
  end

end
