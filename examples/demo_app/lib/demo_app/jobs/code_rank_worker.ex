defmodule DemoApp.Jobs.CodeRankWorker do
  @moduledoc "Ranks the source files anew, every night."

  use Oban.Worker, queue: :maintenance, max_attempts: 2

  alias DemoApp.CodeGraph

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    CodeGraph.recalculate_ranks()
  end
end
