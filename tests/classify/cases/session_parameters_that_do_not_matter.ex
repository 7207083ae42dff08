# verdict: pure_sql
# statement: DELETE FROM t
# loss: session-timeout
# config: config :a, A.Repo, parameters: [application_name: "a", plan_cache_mode: "force_custom_plan", lock_timeout: "5s"]
defmodule A.W do
  use Oban.Worker
  def perform(_), do: A.Repo.query("DELETE FROM t")
end
