defmodule DemoApp.Jobs.PatternSyncWorker do
  @moduledoc "Carries learnt patterns to the ETS table, the message bus and the JSON files, every five minutes."

  use Oban.Worker, queue: :default, max_attempts: 2

  require Logger

  alias DemoApp.Patterns

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    case Patterns.sync() do
      {:ok, count} ->
        Logger.debug("patterns: #{count} in step")
        :ok

      # The next round is five minutes away: no retry.
      {:error, reason} ->
        Logger.error("patterns: not in step: #{inspect(reason)}")
        :ok
    end
  end
end
