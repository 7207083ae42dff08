# verdict: split
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  require Logger

  def perform(_job) do
    Repo.query!("DELETE FROM t")
    Logger.info("sent #{Req.post!("https://example.com")}")
  end
end
