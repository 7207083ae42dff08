defmodule DemoApp.Jobs.TableStatisticsWorker do
  @moduledoc "Gives the planner fresh statistics, every six hours."

  use Oban.Worker, queue: :maintenance, max_attempts: 2

  alias DemoApp.Database

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    Database.analyze()
  end
end
