# verdict: split
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    report do
      HTTPoison.get!("x")
    end
    :ok
  end
  defp report(opts \\ []), do: opts
end
