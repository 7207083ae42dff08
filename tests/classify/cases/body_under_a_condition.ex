# verdict: pure_sql
# statement: DELETE FROM t
# config: config :a, travel: false
defmodule A.Clock do
  @travel Application.compile_env(:a, :travel)

  if @travel do
    def sweep, do: A.Repo.query("DELETE FROM travelled")
  else
    def sweep, do: A.Repo.query("DELETE FROM t")
  end

  unless Mix.env() == :prod do
    def sweep, do: File.rm("x")
  end
end

defmodule A.W do
  use Oban.Worker
  def perform(_), do: A.Clock.sweep()
end
