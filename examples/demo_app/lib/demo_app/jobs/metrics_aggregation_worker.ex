defmodule DemoApp.Jobs.MetricsAggregationWorker do
  @moduledoc "Turns the telemetry events gathered in memory into rows of `agent_metrics`, every five minutes."

  use Oban.Worker, queue: :metrics, max_attempts: 2

  require Logger

  alias DemoApp.Metrics

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    {:ok, agents} = Metrics.aggregate()
    Logger.info("metrics: #{agents} agents measured")
    :ok
  end
end
