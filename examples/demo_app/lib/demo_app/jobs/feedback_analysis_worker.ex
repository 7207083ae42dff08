defmodule DemoApp.Jobs.FeedbackAnalysisWorker do
  @moduledoc "Scores every agent by its last metrics and puts the scores on the board, every half hour."

  use Oban.Worker, queue: :metrics, max_attempts: 2

  require Logger

  alias DemoApp.Feedback

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    scores = Feedback.analyse()
    weak = Enum.count(scores, fn {_agent, score} -> score.suggestion != :keep end)
    Logger.info("feedback: #{map_size(scores)} agents scored, #{weak} could do better")
    :ok
  end
end
