defmodule DemoApp.Tasks.AgentTask do
  @moduledoc "Work that waits for an agent, or has one."

  use Ecto.Schema

  schema "agent_tasks" do
    field :title, :string
    field :priority, :integer, default: 0
    field :status, :string, default: "pending"
    field :agent_id, :string
    field :assigned_at, :utc_datetime

    timestamps(type: :utc_datetime)
  end
end
