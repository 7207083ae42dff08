defmodule DemoApp.Patterns.Pattern do
  @moduledoc false

  use Ecto.Schema

  schema "framework_patterns" do
    field :name, :string
    field :confidence, :float, default: 0.5
    field :definition, :map

    timestamps(type: :utc_datetime)
  end
end
