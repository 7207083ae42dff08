defmodule DemoApp.Jobs.CachePrewarmWorker do
  @moduledoc "Fills the package cache with the hot packages, every six hours."

  use Oban.Worker, queue: :maintenance, max_attempts: 2

  require Logger

  alias DemoApp.PackageCache

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    Logger.debug("package cache: prewarm starts")

    try do
      case PackageCache.prewarm() do
        {:ok, count} ->
          Logger.info("package cache: #{count} hot packages added")
          :ok

        {:error, reason} ->
          Logger.error("package cache: prewarm failed: #{inspect(reason)}")
          {:error, reason}
      end
    rescue
      error ->
        Logger.error("package cache: prewarm crashed: #{Exception.message(error)}")
        {:error, error}
    end
  end
end
