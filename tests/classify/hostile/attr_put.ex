# verdict: needs_review
# reason: module-not-understood
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  @table "events"
  Module.put_attribute(__MODULE__, :table, "other")
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM #{@table}")
    :ok
  end

end
