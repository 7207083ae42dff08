# verdict: split
# reason: needs-app-file
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    for x <- ["a", "b"], into: File.stream!("/tmp/x"), do: x
    :ok
  end

end
