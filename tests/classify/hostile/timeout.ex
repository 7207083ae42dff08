# verdict: split
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    :ok
  end
  def timeout(_), do: (HTTPoison.get!("x"); 1000)
  def backoff(_), do: (File.rm("x"); 1)
end
