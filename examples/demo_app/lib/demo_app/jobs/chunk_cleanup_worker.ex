defmodule DemoApp.Jobs.ChunkCleanupWorker do
  @moduledoc "Deletes the chunks of files that are gone, every week."

  use Oban.Worker, queue: :maintenance, max_attempts: 3

  require Logger

  alias DemoApp.CodeIndex.Upkeep

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    {:ok, count} = Upkeep.delete_orphans()
    Logger.info("#{count} chunks deleted")
    :ok
  end
end
