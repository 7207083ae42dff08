defmodule DemoApp.Backups.DumpFile do
  @moduledoc "A dump that was written, and when it went to the archive."

  use Ecto.Schema

  schema "backup_dump_files" do
    field :folder, :string
    field :file, :string
    field :taken_at, :utc_datetime
    field :archived_at, :utc_datetime
  end
end
