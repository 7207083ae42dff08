defmodule DemoApp.Jobs.VectorStatisticsWorker do
  @moduledoc "Counts embeddings, every week."

  use Oban.Worker, queue: :maintenance, max_attempts: 2

  alias DemoApp.Database

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    Database.refresh_vector_statistics()
  end
end
