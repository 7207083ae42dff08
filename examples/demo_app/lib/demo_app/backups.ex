defmodule DemoApp.Backups do
  @moduledoc "Dumps of the database as files. pg_dump finds the server by libpq's own environment."

  @doc "Dumps into a folder of `data_dir`; gives the file's path."
  def dump(folder) do
    stamp = Calendar.strftime(DateTime.utc_now(), "%Y%m%dT%H%M%SZ")
    path = Path.join(folder(folder), "demo_app-#{stamp}.dump")
    File.mkdir_p!(Path.dirname(path))

    case System.cmd("pg_dump", ["--format=custom", "--file", path], stderr_to_stdout: true) do
      {_output, 0} -> {:ok, path}
      {output, status} -> {:error, {:pg_dump, status, output}}
    end
  end

  @doc "Removes all dumps of a folder but the newest `count`; gives how many went."
  def keep_newest(folder, count) do
    old =
      folder(folder)
      |> Path.join("*.dump")
      |> Path.wildcard()
      |> Enum.sort(:desc)
      |> Enum.drop(count)

    Enum.each(old, &File.rm!/1)
    length(old)
  end

  defp folder(name),
    do: Path.join([Application.fetch_env!(:demo_app, :data_dir), "backups", name])
end
