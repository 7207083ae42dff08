defmodule DemoApp.Jobs.CentralSyncWorker do
  @moduledoc "Copies trusted patterns to the central database, every ten minutes."

  use Oban.Worker, queue: :default, max_attempts: 3

  require Logger

  alias DemoApp.Central

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    {:ok, count} = Central.push_patterns()
    Logger.info("#{count} patterns handed over")
    :ok
  end
end
