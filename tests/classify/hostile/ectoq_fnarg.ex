# verdict: split
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  import Ecto.Query
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    from(a in "a", where: a.id == ^HTTPoison.get!("x"))
    Repo.query!("DELETE FROM a")
    :ok
  end

end
