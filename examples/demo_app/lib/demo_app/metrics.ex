defmodule DemoApp.Metrics do
  @moduledoc "How the agents do: events in memory become one row per agent and window."

  import Ecto.Query

  alias DemoApp.Metrics.AgentMetric
  alias DemoApp.Metrics.AgentSummary
  alias DemoApp.Repo
  alias DemoApp.Telemetry.Buffer

  @doc "Drains the buffer, computes and stores; gives the number of agents."
  def aggregate do
    now = DateTime.utc_now() |> DateTime.truncate(:second)

    rows =
      Buffer.drain()
      |> Enum.group_by(& &1.agent_id)
      |> Enum.map(fn {agent_id, events} -> summary(agent_id, events, now) end)

    {count, _} = Repo.insert_all(AgentMetric, rows)
    {:ok, count}
  end

  @doc "Sums the last day up, a row for each agent; gives the number of agents."
  def refresh_summaries do
    query =
      from(m in AgentMetric,
        where: m.inserted_at > ago(1, "day"),
        group_by: m.agent_id,
        select: %{
          agent_id: m.agent_id,
          samples: sum(m.samples),
          success_rate: avg(m.success_rate),
          last_measured_at: max(m.inserted_at)
        }
      )

    {count, _} =
      Repo.insert_all(AgentSummary, query,
        on_conflict: {:replace, [:samples, :success_rate, :last_measured_at]},
        conflict_target: :agent_id
      )

    {:ok, count}
  end

  defp summary(agent_id, events, now) do
    samples = length(events)

    %{
      agent_id: agent_id,
      samples: samples,
      success_rate: Enum.count(events, & &1.ok) / samples,
      mean_cost_cents: Enum.sum(Enum.map(events, & &1.cost_cents)) / samples,
      p95_latency_ms: percentile(Enum.map(events, & &1.latency_ms), 0.95),
      patterns: Enum.frequencies_by(events, & &1.pattern),
      inserted_at: now
    }
  end

  defp percentile(values, share) do
    sorted = Enum.sort(values)
    Enum.at(sorted, ceil(share * length(sorted)) - 1) / 1
  end
end
