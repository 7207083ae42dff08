defmodule DemoApp.Patterns.Observation do
  @moduledoc "A pattern was seen at work."

  use Ecto.Schema

  schema "pattern_observations" do
    field :pattern_name, :string
    field :observed_at, :utc_datetime
  end
end
