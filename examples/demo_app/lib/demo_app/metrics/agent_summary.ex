defmodule DemoApp.Metrics.AgentSummary do
  @moduledoc "How an agent did on the last day; one row per agent."

  use Ecto.Schema

  schema "agent_summaries" do
    field :agent_id, :string
    field :samples, :integer
    field :success_rate, :float
    field :last_measured_at, :utc_datetime
  end
end
