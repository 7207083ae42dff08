defmodule DemoApp.Jobs.GraphPopulateWorker do
  @moduledoc "Adds new files to the graph, every week."

  use Oban.Worker, queue: :maintenance, max_attempts: 2

  require Logger

  alias DemoApp.CodeGraph

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    case CodeGraph.populate() do
      {:ok, count} ->
        Logger.info("#{count} uses added")
        :ok

      {:error, reason} ->
        {:error, reason}
    end
  end
end
