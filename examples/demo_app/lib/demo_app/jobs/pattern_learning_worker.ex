defmodule DemoApp.Jobs.PatternLearningWorker do
  @moduledoc "Trusts patterns that were seen at work, every five minutes."

  use Oban.Worker, queue: :default, max_attempts: 2

  require Logger

  alias DemoApp.Patterns

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    {:ok, count} = Patterns.learn()
    Logger.info("#{count} patterns trusted more")
    :ok
  end
end
