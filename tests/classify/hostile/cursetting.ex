# verdict: needs_review
# reason: session-dependent
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a WHERE t = current_setting('app.tenant')")
    :ok
  end

end
