defmodule DemoApp.Planning.PlanningGoal do
  @moduledoc "What the agents work towards."

  use Ecto.Schema

  schema "planning_goals" do
    field :slug, :string
    field :title, :string

    timestamps(type: :utc_datetime)
  end
end
