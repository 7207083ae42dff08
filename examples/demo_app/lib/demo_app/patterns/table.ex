defmodule DemoApp.Patterns.Table do
  @moduledoc "Owns the ETS table of patterns."

  use GenServer

  def start_link(_options), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  def get(name) do
    case :ets.lookup(__MODULE__, name) do
      [{^name, pattern}] -> {:ok, pattern}
      [] -> :error
    end
  end

  def replace(patterns), do: GenServer.call(__MODULE__, {:replace, patterns})

  @impl GenServer
  def init(nil) do
    {:ok, :ets.new(__MODULE__, [:named_table, :protected, read_concurrency: true])}
  end

  @impl GenServer
  def handle_call({:replace, patterns}, _from, table) do
    :ets.delete_all_objects(table)
    :ets.insert(table, Enum.map(patterns, &{&1.name, &1}))
    {:reply, :ok, table}
  end
end
