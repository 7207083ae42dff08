defmodule DemoApp.Telemetry.Buffer do
  @moduledoc "Keeps the agents' telemetry events in ETS until somebody drains them."

  use GenServer

  @event [:demo_app, :agent, :task]

  def start_link(_options), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  @doc "All events gathered so far, as maps; they are forgotten here."
  def drain, do: GenServer.call(__MODULE__, :drain)

  @impl GenServer
  def init(nil) do
    table = :ets.new(:agent_events, [:duplicate_bag, :public, write_concurrency: true])
    :telemetry.attach("agent-events", @event, &__MODULE__.record/4, table)
    {:ok, table}
  end

  @impl GenServer
  def handle_call(:drain, _from, table) do
    events = for {_agent_id, event} <- :ets.tab2list(table), do: event
    :ets.delete_all_objects(table)
    {:reply, events, table}
  end

  @doc false
  def record(@event, measurements, metadata, table) do
    event = %{
      agent_id: metadata.agent_id,
      ok: metadata.result == :ok,
      pattern: metadata.pattern,
      cost_cents: measurements.cost_cents,
      latency_ms: System.convert_time_unit(measurements.duration, :native, :millisecond)
    }

    :ets.insert(table, {event.agent_id, event})
  end
end
