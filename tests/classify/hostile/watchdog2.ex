# verdict: needs_review
# reason: only-reports
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  require Logger
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    %{rows: [[n]]} = Repo.query!("SELECT count(*) FROM q")
    if n > 0, do: Logger.error("orphans #{n}")
    :ok
  end

end
