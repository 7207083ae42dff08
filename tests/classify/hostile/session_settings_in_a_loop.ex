# verdict: needs_review
# reason: session-settings
# config: for repo <- [A.Repo] do config :a, repo, parameters: [search_path: "tenant"] end
defmodule A.W do
  use Oban.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t")
end
