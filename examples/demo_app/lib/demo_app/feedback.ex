defmodule DemoApp.Feedback do
  @moduledoc "Judges agents: reads their newest metrics, weighs them here, and keeps the result in memory."

  import Ecto.Query

  alias DemoApp.Feedback.Scoreboard
  alias DemoApp.Metrics.AgentMetric
  alias DemoApp.Repo

  @doc "Scores every agent and puts the scores on the board; gives them by agent."
  def analyse do
    scores =
      from(m in AgentMetric, distinct: m.agent_id, order_by: [m.agent_id, desc: m.inserted_at])
      |> Repo.all()
      |> Map.new(fn metric -> {metric.agent_id, judge(metric)} end)

    Scoreboard.replace(scores)
    scores
  end

  defp judge(metric) do
    speed = min(1.0, 1_000 / max(metric.p95_latency_ms, 1.0))
    thrift = min(1.0, 5 / max(metric.mean_cost_cents, 0.1))
    total = 0.6 * metric.success_rate + 0.25 * speed + 0.15 * thrift
    %{total: Float.round(total, 3), suggestion: suggestion(metric, total)}
  end

  defp suggestion(_metric, total) when total >= 0.8, do: :keep
  defp suggestion(%{success_rate: rate}, _total) when rate < 0.7, do: :change_prompt
  defp suggestion(%{mean_cost_cents: cost}, _total) when cost > 5, do: :smaller_model
  defp suggestion(_metric, _total), do: :shorter_context
end
