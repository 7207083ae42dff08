defmodule DemoApp.Agents do
  @moduledoc "The agents: one process each, found by id."

  alias DemoApp.Agents.Runner

  @doc "Starts an agent, or finds the one that runs."
  def ensure_started(agent_id) do
    case DynamicSupervisor.start_child(__MODULE__.Supervisor, {Runner, agent_id}) do
      {:ok, pid} -> {:ok, pid}
      {:error, {:already_started, pid}} -> {:ok, pid}
      {:error, reason} -> {:error, reason}
    end
  end

  @doc "Has an agent try a suggestion; it keeps what does not do worse. Gives its generation."
  def improve(agent_id, suggestion) do
    with {:ok, pid} <- ensure_started(agent_id) do
      GenServer.call(pid, {:improve, suggestion}, :timer.seconds(30))
    end
  end
end
