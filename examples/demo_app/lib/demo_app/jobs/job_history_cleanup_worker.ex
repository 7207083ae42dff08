defmodule DemoApp.Jobs.JobHistoryCleanupWorker do
  @moduledoc "Deletes jobs that ended long ago, every week."

  use Oban.Worker, queue: :maintenance, max_attempts: 3

  require Logger

  alias DemoApp.Database

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    {:ok, count} = Database.delete_old_jobs()
    Logger.info("#{count} old jobs deleted")
    :ok
  end
end
