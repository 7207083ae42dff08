# verdict: needs_review
# reason: session-settings
# config: config :a, A.Repo, parameters: [timezone: "Europe/Berlin"]
# config: if System.get_env("Z"), do: config(:a, A.Repo, parameters: [timezone: "Asia/Tokyo"])
defmodule A.W do
  use Oban.Worker
  def perform(_), do: A.Repo.query("DELETE FROM t")
end
