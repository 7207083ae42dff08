defmodule DemoApp.Jobs.ArtifactCleanupWorker do
  @moduledoc "Deletes old artifacts, every week."

  use Oban.Worker, queue: :maintenance, max_attempts: 3

  require Logger

  alias DemoApp.Artifacts

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    {:ok, count} = Artifacts.delete_old()
    Logger.info("#{count} artifacts deleted")
    :ok
  end
end
