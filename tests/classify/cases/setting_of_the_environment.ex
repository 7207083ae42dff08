# verdict: pure_sql
# config: config :a, days: 30, enabled: true
# config: config :a, A.Clean, days: 7, unit: "days"
# config: import_config "#{config_env()}.exs"
# loss: pinned-setting
# statement: DELETE FROM t WHERE at < now() - interval '31 days' AND n < 7
defmodule A.W do
  use Oban.Worker
  @unit Application.compile_env(:a, [A.Clean, :unit], "hours")

  def perform(_) do
    if Application.get_env(:a, :enabled, false) do
      days = Application.fetch_env!(:a, :days)
      few = Application.get_env(:a, A.Clean)[:days]
      A.Repo.query("DELETE FROM t WHERE at < now() - interval '#{days} #{@unit}' AND n < #{few}")
    end
  end
end
# file: config/prod.exs
import Config
config :a, days: 31
