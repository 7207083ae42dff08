# verdict: needs_review
# reason: session-settings
# config: if System.get_env("Z"), do: config(:a, A.Repo, parameters: [timezone: "Europe/Berlin"])
defmodule A.W do
  use Oban.Worker
  def perform(_), do: A.Repo.query("DELETE FROM t")
end
