defmodule DemoApp.Jobs.BackupArchivalWorker do
  @moduledoc "Marks old dumps for the archive, on the first Sunday of a month."

  use Oban.Worker, queue: :maintenance, max_attempts: 2

  require Logger

  alias DemoApp.Backups.Archive

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    {:ok, count} = Archive.mark_old()
    Logger.info("#{count} dumps marked")
    :ok
  end
end
