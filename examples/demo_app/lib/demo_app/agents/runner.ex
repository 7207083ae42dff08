defmodule DemoApp.Agents.Runner do
  @moduledoc false

  use GenServer

  def start_link(agent_id) do
    GenServer.start_link(__MODULE__, agent_id,
      name: {:via, Registry, {DemoApp.Agents.Registry, agent_id}}
    )
  end

  @impl GenServer
  def init(agent_id) do
    {:ok, %{id: agent_id, generation: 1, prompt: 0, model: :large, context: 16_000}}
  end

  @impl GenServer
  def handle_call({:improve, suggestion}, _from, state) do
    case apply_suggestion(state, suggestion) do
      {:ok, changed} ->
        next = %{changed | generation: state.generation + 1}
        {:reply, {:ok, next.generation}, next}

      {:error, reason} ->
        {:reply, {:error, reason}, state}
    end
  end

  defp apply_suggestion(state, :change_prompt), do: {:ok, %{state | prompt: state.prompt + 1}}

  defp apply_suggestion(%{model: :large} = state, :smaller_model),
    do: {:ok, %{state | model: :small}}

  defp apply_suggestion(_state, :smaller_model), do: {:error, :smallest_already}

  defp apply_suggestion(%{context: size}, :shorter_context) when size <= 2_000,
    do: {:error, :shortest_already}

  defp apply_suggestion(state, :shorter_context),
    do: {:ok, %{state | context: div(state.context, 2)}}
end
