# verdict: app_logic
# reason: needs-app-file
# config: config :a, first: true
defmodule A.W do
  use Oban.Worker
  if Application.compile_env(:a, :first) do
    def sweep(_), do: File.rm("x")
  end
  def sweep(_), do: A.Repo.query("DELETE FROM t")

  def perform(job), do: sweep(job)
end
