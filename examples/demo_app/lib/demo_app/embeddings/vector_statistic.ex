defmodule DemoApp.Embeddings.VectorStatistic do
  @moduledoc "How many rows of a table have an embedding."

  use Ecto.Schema

  schema "vector_statistics" do
    field :of_table, :string
    field :all_rows, :integer
    field :embedded_rows, :integer
  end
end
