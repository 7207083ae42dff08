defmodule DemoApp.CodeGraph do
  @moduledoc "Which file uses which, and how much depends on it."

  alias DemoApp.Repo

  @doc "Adds the files and the uses that the chunks show."
  def populate do
    nodes = """
    INSERT INTO code_graph_nodes (file)
    SELECT DISTINCT file FROM code_chunks ORDER BY file
    ON CONFLICT (file) DO NOTHING
    """

    edges = """
    INSERT INTO code_graph_edges (from_file, to_file)
    SELECT DISTINCT a.file, b.file
    FROM code_chunks AS a
    JOIN code_chunks AS b ON b.line = a.line AND b.id = a.id + 6
    ORDER BY a.file, b.file
    ON CONFLICT (from_file, to_file) DO NOTHING
    """

    with {:ok, _} <- Repo.query(nodes, []),
         {:ok, %{num_rows: count}} <- Repo.query(edges, []) do
      {:ok, count}
    end
  end

  @doc "Computes the ranks anew, in the database."
  def recalculate_ranks do
    case Repo.query("CALL recalculate_code_ranks(20)", []) do
      {:ok, _} -> :ok
      {:error, reason} -> {:error, reason}
    end
  end
end
