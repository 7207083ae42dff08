defmodule DemoApp.Jobs.CacheCleanupWorker do
  @moduledoc "Throws expired rows out of the package cache, every quarter of an hour."

  use Oban.Worker, queue: :maintenance, max_attempts: 3

  require Logger

  alias DemoApp.PackageCache

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    Logger.debug("package cache: cleanup starts")

    try do
      case PackageCache.cleanup_expired() do
        {:ok, count} ->
          if count > 0 do
            Logger.info("package cache: #{count} expired entries removed")
          else
            Logger.debug("package cache: nothing had expired")
          end

          :ok

        {:error, reason} ->
          Logger.error("package cache: cleanup failed: #{inspect(reason)}")
          {:error, reason}
      end
    rescue
      error ->
        Logger.error("package cache: cleanup crashed: #{Exception.message(error)}")
        {:error, error}
    end
  end
end
