# verdict: split
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    try do: Repo.query!("DELETE FROM a"), rescue: (_ -> HTTPoison.post!("u", "b"))
  end

end
