defmodule DemoApp.Metrics.AgentMetric do
  @moduledoc false

  use Ecto.Schema

  schema "agent_metrics" do
    field :agent_id, :string
    field :samples, :integer
    field :success_rate, :float
    field :mean_cost_cents, :float
    field :p95_latency_ms, :float
    field :patterns, :map

    timestamps(type: :utc_datetime, updated_at: false)
  end
end
