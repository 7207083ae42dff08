# verdict: split
# reason: needs-app-file
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    if 1 == 1.0, do: File.rm!("x")
    Repo.query!("DELETE FROM a")
    :ok
  end

end
