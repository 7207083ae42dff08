defmodule DemoApp.Planning do
  @moduledoc "What the agents work towards."

  alias DemoApp.Planning.PlanningGoal
  alias DemoApp.Repo

  @goals [
    %{slug: "fewer-failures", title: "Fewer failing runs"},
    %{slug: "cheaper-runs", title: "Cheaper runs"}
  ]

  @doc "Puts the first goals in, where they are missing."
  def seed do
    now = DateTime.utc_now() |> DateTime.truncate(:second)
    rows = Enum.map(@goals, &Map.merge(&1, %{inserted_at: now, updated_at: now}))
    {count, _} = Repo.insert_all(PlanningGoal, rows, on_conflict: :nothing, conflict_target: :slug)
    {:ok, count}
  end
end
