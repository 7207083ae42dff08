defmodule DemoApp.Jobs.KnowledgeExportWorker do
  @moduledoc "Writes promoted knowledge into its git repository and pushes it, at midnight."

  use Oban.Worker, queue: :maintenance, max_attempts: 3

  require Logger

  alias DemoApp.Knowledge

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    with {:ok, count} <- Knowledge.export() do
      Logger.info("knowledge: #{count} entries exported")
      :ok
    end
  end
end
