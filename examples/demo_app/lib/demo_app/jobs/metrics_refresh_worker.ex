defmodule DemoApp.Jobs.MetricsRefreshWorker do
  @moduledoc "Sums up how the agents did, every half hour."

  use Oban.Worker, queue: :metrics, max_attempts: 2

  require Logger

  alias DemoApp.Metrics

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    {:ok, count} = Metrics.refresh_summaries()
    Logger.info("#{count} agents summed up")
    :ok
  end
end
