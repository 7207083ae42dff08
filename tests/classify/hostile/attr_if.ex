# verdict: needs_review
# reason: module-not-understood
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  @table "events"
  if Application.compile_env(:x, :archive) do
    @table "archived_events"
  end
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM #{@table}")
    :ok
  end

end
