defmodule DemoApp.Jobs.PlanningSeedWorker do
  @moduledoc "Puts the first goals in, once after a boot."

  use Oban.Worker, queue: :default, max_attempts: 3

  require Logger

  alias DemoApp.Planning

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    {:ok, count} = Planning.seed()
    Logger.info("#{count} goals added")
    :ok
  end
end
