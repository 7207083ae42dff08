defmodule DemoApp.Jobs.ChunkReindexWorker do
  @moduledoc "Rebuilds the index of the code chunks, which come and go, every week."

  use Oban.Worker, queue: :maintenance, max_attempts: 2

  alias DemoApp.Database

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    Database.reindex()
  end
end
