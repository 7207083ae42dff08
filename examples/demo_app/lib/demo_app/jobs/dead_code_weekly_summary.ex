defmodule DemoApp.Jobs.DeadCodeWeeklySummary do
  @moduledoc "Writes the report of the last seven days, on Monday at nine."

  use Oban.Worker, queue: :default, max_attempts: 2

  require Logger

  alias DemoApp.DeadCode

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    with {:ok, path} <- DeadCode.write_summary(Date.utc_today()) do
      Logger.info("dead code: summary in #{path}")
      :ok
    end
  end
end
