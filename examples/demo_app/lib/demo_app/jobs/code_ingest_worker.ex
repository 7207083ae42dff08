defmodule DemoApp.Jobs.CodeIngestWorker do
  @moduledoc "Reads our own source into the search index: after every boot, and on Sunday at six."

  use Oban.Worker, queue: :embeddings, max_attempts: 2

  require Logger

  alias DemoApp.CodeIndex

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    with {:ok, count} <- CodeIndex.ingest() do
      Logger.info("code index: #{count} pieces")
      :ok
    end
  end
end
