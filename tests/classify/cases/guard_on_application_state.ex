# verdict: app_logic
# reason: needs-app-process-state
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    if Process.whereis(A.Server), do: GenServer.call(A.Server, :clear)
    :ok
  end
end
