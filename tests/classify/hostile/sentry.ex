# verdict: needs_review
# reason: only-reports
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    %{rows: [[n]]} = Repo.query!("SELECT count(*) FROM q")
    if n > 0, do: Sentry.capture_message("orphans")
    :ok
  end

end
