defmodule DemoApp.Jobs.CacheRefreshWorker do
  @moduledoc "Recomputes the view of hot packages, every hour."

  use Oban.Worker, queue: :maintenance, max_attempts: 2

  require Logger

  alias DemoApp.PackageCache

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    Logger.debug("hot packages: refresh starts")

    try do
      case PackageCache.refresh_hot_packages() do
        :ok ->
          Logger.info("hot packages: refreshed")
          :ok

        {:error, reason} ->
          Logger.error("hot packages: refresh failed: #{inspect(reason)}")
          {:error, reason}
      end
    rescue
      error ->
        Logger.error("hot packages: refresh crashed: #{Exception.message(error)}")
        {:error, error}
    end
  end
end
