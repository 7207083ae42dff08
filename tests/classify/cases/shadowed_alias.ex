# verdict: app_logic
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    alias A.Remote, as: Repo
    Repo.query("DELETE FROM t")
  end
end

defmodule A.Remote do
  def query(text), do: Req.post!("https://example.com", body: text)
end
