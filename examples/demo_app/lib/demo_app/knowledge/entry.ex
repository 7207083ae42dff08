defmodule DemoApp.Knowledge.Entry do
  @moduledoc false

  use Ecto.Schema

  schema "knowledge_entries" do
    field :slug, :string
    field :body, :string
    field :usage_count, :integer, default: 0

    timestamps(type: :utc_datetime)
  end
end
