defmodule DemoApp.Jobs.RegistrySyncWorker do
  @moduledoc "Takes over package data from the registry tool, at four in the morning."

  use Oban.Worker, queue: :maintenance, max_attempts: 3

  require Logger

  alias DemoApp.Catalog

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    with {:ok, count} <- Catalog.sync_registries() do
      Logger.info("registry: #{count} packages up to date")
      :ok
    end
  end
end
