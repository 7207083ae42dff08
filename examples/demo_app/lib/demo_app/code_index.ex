defmodule DemoApp.CodeIndex do
  @moduledoc "Our own source, cut into pieces and embedded, for search by meaning."

  import Ecto.Query

  alias DemoApp.CodeIndex.Chunk
  alias DemoApp.Embeddings
  alias DemoApp.Repo

  @batch 64

  @doc "Parses every source file and embeds its definitions; gives the number of pieces."
  def ingest do
    Application.fetch_env!(:demo_app, :source_dir)
    |> Path.join("**/*.ex")
    |> Path.wildcard()
    |> Enum.flat_map(&pieces/1)
    |> Enum.chunk_every(@batch)
    |> Enum.reduce_while({:ok, 0}, fn batch, {:ok, total} ->
      case store(batch) do
        {:ok, count} -> {:cont, {:ok, total + count}}
        {:error, reason} -> {:halt, {:error, reason}}
      end
    end)
  end

  # A piece is a function definition, as the parser sees it.
  defp pieces(path) do
    {_ast, found} =
      path
      |> File.read!()
      |> Code.string_to_quoted!()
      |> Macro.prewalk([], fn
        {kind, meta, [_head | _body]} = node, found when kind in [:def, :defp] ->
          {node, [%{file: path, line: meta[:line], content: Macro.to_string(node)} | found]}

        node, found ->
          {node, found}
      end)

    found
  end

  defp store(batch) do
    with {:ok, vectors} <- Embeddings.embed(Enum.map(batch, & &1.content)) do
      now = DateTime.utc_now() |> DateTime.truncate(:second)

      rows =
        Enum.zip_with(batch, vectors, fn piece, vector ->
          Map.merge(piece, %{embedding: vector, inserted_at: now, updated_at: now})
        end)

      {count, _} =
        Repo.insert_all(Chunk, rows,
          on_conflict: {:replace, [:content, :embedding, :updated_at]},
          conflict_target: [:file, :line]
        )

      {:ok, count}
    end
  end

  @doc "Embeds the pieces that have no vector yet; gives their number."
  def embed_missing do
    chunks = Repo.all(from(c in Chunk, where: is_nil(c.embedding), order_by: c.id))

    with {:ok, vectors} <- Embeddings.embed(Enum.map(chunks, & &1.content)) do
      Enum.zip_with(chunks, vectors, fn chunk, vector ->
        chunk |> Ecto.Changeset.change(embedding: vector) |> Repo.update!()
      end)

      {:ok, length(chunks)}
    end
  end
end
