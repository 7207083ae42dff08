defmodule DemoApp.Jobs.CacheVacuumWorker do
  @moduledoc "Vacuums the package cache, every evening."

  use Oban.Worker, queue: :maintenance, max_attempts: 2

  alias DemoApp.Database

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    Database.vacuum()
  end
end
