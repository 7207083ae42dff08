defmodule DemoApp.Jobs.AgentEvolutionWorker do
  @moduledoc "Hands every running agent what the board suggests for it, every hour."

  use Oban.Worker, queue: :default, max_attempts: 2

  require Logger

  alias DemoApp.Agents
  alias DemoApp.Feedback.Scoreboard

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    for {agent_id, %{suggestion: suggestion}} <- Scoreboard.all(), suggestion != :keep do
      case Agents.improve(agent_id, suggestion) do
        {:ok, generation} ->
          Logger.info("agent #{agent_id}: generation #{generation} after #{suggestion}")

        {:error, reason} ->
          Logger.warning("agent #{agent_id}: left as it is: #{inspect(reason)}")
      end
    end

    :ok
  end
end
