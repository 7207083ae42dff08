# verdict: pure_sql
# reason: session-parameters
# statement: DELETE FROM t
# config: config :a, A.Repo, parameters: Keyword.merge(Jason.decode!(System.get_env("P")), application_name: "a")
defmodule A.W do
  use Oban.Worker
  def perform(_), do: A.Repo.query("DELETE FROM t")
end
