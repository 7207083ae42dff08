defmodule DemoApp.CodeAnalysis.Cache do
  @moduledoc "Results of code analysis by file checksum, in this node's memory."

  use GenServer

  def start_link(_options), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  def fetch(checksum) do
    case :ets.lookup(__MODULE__, checksum) do
      [{^checksum, result}] -> {:ok, result}
      [] -> :error
    end
  end

  def put(checksum, result), do: GenServer.cast(__MODULE__, {:put, checksum, result})

  @doc "Forgets everything; gives how much that was."
  def clear, do: GenServer.call(__MODULE__, :clear)

  @impl GenServer
  def init(nil),
    do: {:ok, :ets.new(__MODULE__, [:named_table, :protected, read_concurrency: true])}

  @impl GenServer
  def handle_cast({:put, checksum, result}, table) do
    :ets.insert(table, {checksum, result})
    {:noreply, table}
  end

  @impl GenServer
  def handle_call(:clear, _from, table) do
    count = :ets.info(table, :size)
    :ets.delete_all_objects(table)
    {:reply, {:ok, count}, table}
  end
end
