# verdict: split
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  require A.HttpLogger, as: Logger
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    Logger.info("x")
    :ok
  end

end
defmodule A.HttpLogger do
  def info(x), do: HTTPoison.post!("u", x)
end
