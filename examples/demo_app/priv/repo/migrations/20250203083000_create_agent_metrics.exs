defmodule DemoApp.Repo.Migrations.CreateAgentMetrics do
  use Ecto.Migration

  def change do
    create table(:agent_metrics) do
      add :agent_id, :string, null: false
      add :samples, :integer, null: false
      add :success_rate, :float, null: false
      add :mean_cost_cents, :float, null: false
      add :p95_latency_ms, :float, null: false
      add :patterns, :map, null: false

      timestamps(type: :utc_datetime, updated_at: false)
    end

    create index(:agent_metrics, [:agent_id, :inserted_at])
  end
end
