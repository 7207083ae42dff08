defmodule DemoApp.Jobs.TaskAssignmentWorker do
  @moduledoc "Gives pending tasks to agents, every two minutes."

  use Oban.Worker, queue: :metrics, max_attempts: 2

  require Logger

  alias DemoApp.Tasks

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    case Tasks.assign_pending() do
      {:ok, count} ->
        Logger.info("#{count} tasks assigned")
        :ok

      {:error, reason} ->
        {:error, reason}
    end
  end
end
