# verdict: needs_review
# reason: session-settings
# config: config :a, A.Repo, parameters: [application_name: "a"] ++ [role: "tenant"]
defmodule A.W do
  use Oban.Worker
  def perform(_), do: A.Repo.query("DELETE FROM t")
end
