defmodule DemoApp.CodeIndex.Chunk do
  @moduledoc false

  use Ecto.Schema

  schema "code_chunks" do
    field :file, :string
    field :line, :integer
    field :content, :string
    field :embedding, {:array, :float}

    timestamps(type: :utc_datetime)
  end
end
