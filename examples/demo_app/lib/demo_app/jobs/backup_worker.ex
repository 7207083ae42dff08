defmodule DemoApp.Jobs.BackupWorker do
  @moduledoc "Dumps the database with pg_dump: hourly (six are kept) and daily (seven are kept)."

  use Oban.Worker, queue: :maintenance, max_attempts: 2

  require Logger

  alias DemoApp.Backups

  @impl Oban.Worker
  def perform(%Oban.Job{args: %{"type" => "hourly"}}), do: backup("hourly", 6)
  def perform(%Oban.Job{args: %{"type" => "daily"}}), do: backup("daily", 7)

  defp backup(folder, keep) do
    with {:ok, path} <- Backups.dump(folder) do
      removed = Backups.keep_newest(folder, keep)
      Logger.info("backup: #{path} written, #{removed} old ones removed")
      :ok
    end
  end
end
