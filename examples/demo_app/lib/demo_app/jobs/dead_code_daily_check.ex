defmodule DemoApp.Jobs.DeadCodeDailyCheck do
  @moduledoc "Runs the analyser over the source and keeps what it finds, at nine in the morning."

  use Oban.Worker, queue: :default, max_attempts: 2

  require Logger

  alias DemoApp.DeadCode

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    with {:ok, count} <- DeadCode.check() do
      Logger.info("dead code: #{count} unused functions")
      :ok
    end
  end
end
