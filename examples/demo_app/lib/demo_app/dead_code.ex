defmodule DemoApp.DeadCode do
  @moduledoc "Functions nobody calls, as the analyser (a program of its own) sees them."

  import Ecto.Query

  alias DemoApp.DeadCode.Finding
  alias DemoApp.Repo

  @doc "Runs the analyser and keeps today's findings; gives their number."
  def check do
    source = Application.fetch_env!(:demo_app, :source_dir)

    with {output, 0} <- System.cmd("dead-code-analyser", ["--format", "json", source]),
         {:ok, findings} <- Jason.decode(output) do
      now = DateTime.utc_now() |> DateTime.truncate(:second)

      rows =
        Enum.map(findings, fn %{"file" => file, "function" => function} ->
          %{found_on: DateTime.to_date(now), file: file, function: function, inserted_at: now}
        end)

      {count, _} = Repo.insert_all(Finding, rows, on_conflict: :nothing)
      {:ok, count}
    else
      {output, status} when is_integer(status) -> {:error, {:analyser, status, output}}
      {:error, reason} -> {:error, reason}
    end
  end

  @doc "Writes the report of the seven days before `day`; gives its path."
  def write_summary(day) do
    since = Date.add(day, -7)

    query =
      from(f in Finding,
        where: f.found_on >= ^since and f.found_on < ^day,
        order_by: [f.file, f.function]
      )

    path =
      Path.join([Application.fetch_env!(:demo_app, :data_dir), "reports", "dead-code-#{day}.md"])

    with :ok <- File.mkdir_p(Path.dirname(path)),
         :ok <- File.write(path, report(day, Repo.all(query))) do
      {:ok, path}
    end
  end

  defp report(day, findings) do
    files =
      findings
      |> Enum.group_by(& &1.file, & &1.function)
      |> Enum.map_join("\n", fn {file, functions} ->
        "- #{file}: #{functions |> Enum.uniq() |> Enum.join(", ")}"
      end)

    "# Dead code, week before #{day}\n\n#{files}\n"
  end
end
