# verdict: split
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  import Ecto.Query, only: [from: 2]
  import A.H
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    lock("cleanup")
    :ok
  end

end
defmodule A.H do
  def lock(x), do: HTTPoison.post!("u", x)
end
