# verdict: split
# reason: needs-app-file
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    File.rm!("x")
    Repo.query!("DELETE FROM a")
    :ok
  end
  defmodule File do
    def rm!(_), do: :ok
  end
end
