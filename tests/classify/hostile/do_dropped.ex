# verdict: split
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    timed "purge", do: HTTPoison.get!("x")
    :ok
  end
  defp timed(name, opts \\ []), do: {name, opts}
end
