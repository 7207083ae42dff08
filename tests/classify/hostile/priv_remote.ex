# verdict: no_effect
# reason: no-effect
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    A.P.go()
    :ok
  end

end
defmodule A.P do
  defp go, do: A.Repo.query!("DELETE FROM a")
end
