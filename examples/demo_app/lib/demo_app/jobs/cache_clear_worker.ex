defmodule DemoApp.Jobs.CacheClearWorker do
  @moduledoc """
  Empties the cache of code analysis results, at three in the morning.

  That cache lives in this node's memory. The package cache in the database is CacheCleanupWorker's.
  """

  use Oban.Worker, queue: :maintenance, max_attempts: 3

  require Logger

  alias DemoApp.CodeAnalysis

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    Logger.debug("analysis cache: clear starts")

    try do
      case CodeAnalysis.Cache.clear() do
        {:ok, count} ->
          Logger.info("analysis cache: #{count} results forgotten")
          :ok

        {:error, reason} ->
          Logger.error("analysis cache: clear failed: #{inspect(reason)}")
          {:error, reason}
      end
    rescue
      error ->
        Logger.error("analysis cache: clear crashed: #{Exception.message(error)}")
        {:error, error}
    end
  end
end
