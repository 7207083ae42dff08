defmodule DemoApp.CodeIndex.Upkeep do
  @moduledoc "Keeps the index of our own source small."

  import Ecto.Query

  alias DemoApp.CodeIndex.Chunk
  alias DemoApp.CodeIndex.IndexedFile
  alias DemoApp.Repo

  @doc """
  Deletes the chunks of files that are gone. A file without a path would make NOT IN unknown for every chunk, and
  nothing would ever go: such files are left out.
  """
  def delete_orphans do
    known = from(f in IndexedFile, where: not is_nil(f.path), select: f.path)

    {count, _} =
      from(c in Chunk, where: c.file not in subquery(known))
      |> Repo.delete_all()

    {:ok, count}
  end
end
