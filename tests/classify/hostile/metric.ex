# verdict: needs_review
# reason: only-reports
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    n = Repo.query!("SELECT count(*) FROM q").rows
    :telemetry.execute([:x, :depth], %{n: n}, %{})
    :ok
  end

end
