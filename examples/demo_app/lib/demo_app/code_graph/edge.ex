defmodule DemoApp.CodeGraph.Edge do
  @moduledoc "One file uses another."

  use Ecto.Schema

  schema "code_graph_edges" do
    field :from_file, :string
    field :to_file, :string
  end
end
