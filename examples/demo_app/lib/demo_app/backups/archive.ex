defmodule DemoApp.Backups.Archive do
  @moduledoc "Dumps older than thirty days belong to the archive: the storage's own rules move what is marked."

  import Ecto.Query

  alias DemoApp.Backups.DumpFile
  alias DemoApp.Repo

  def mark_old do
    now = DateTime.utc_now() |> DateTime.truncate(:second)

    {count, _} =
      from(d in DumpFile, where: is_nil(d.archived_at) and d.taken_at < ago(30, "day"))
      |> Repo.update_all(set: [archived_at: now])

    {:ok, count}
  end
end
