# verdict: app_logic
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  alias A.Http.Cleaner
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Cleaner.run()
    :ok
  end
  alias A.Sql.Cleaner
  def other, do: Cleaner.run()
end
defmodule A.Http.Cleaner do
  def run, do: HTTPoison.get!("http://x")
end
defmodule A.Sql.Cleaner do
  def run, do: A.Repo.query!("DELETE FROM a")
end
