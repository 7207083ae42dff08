# verdict: needs_review
# reason: parameter-in-utility
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("CREATE TABLE x AS SELECT * FROM a WHERE n > $1", [1])
    :ok
  end

end
