# verdict: split
# reason: needs-app-http
# statement: DELETE FROM t
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Repo.query!("DELETE FROM t")
    Req.post!("https://example.com/ping")
    :ok
  end
end
