defmodule DemoApp.CodeGraph.Node do
  @moduledoc "A source file and its rank among those that use it."

  use Ecto.Schema

  schema "code_graph_nodes" do
    field :file, :string
    field :rank, :float, default: 0.0
  end
end
