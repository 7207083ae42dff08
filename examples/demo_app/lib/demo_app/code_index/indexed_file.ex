defmodule DemoApp.CodeIndex.IndexedFile do
  @moduledoc "A source file that exists; `path` is empty while it is being read."

  use Ecto.Schema

  schema "indexed_files" do
    field :path, :string

    timestamps(type: :utc_datetime)
  end
end
