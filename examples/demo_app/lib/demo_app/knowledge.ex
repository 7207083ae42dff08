defmodule DemoApp.Knowledge do
  @moduledoc "Things learnt: kept in the database, and the best of them in a git repository."

  import Ecto.Query

  alias DemoApp.Git
  alias DemoApp.Knowledge.Entry
  alias DemoApp.Repo

  @often_used 10

  @doc "Writes what proved useful as Markdown, commits and pushes; gives the number of entries."
  def export do
    entries = Repo.all(from(e in Entry, where: e.usage_count >= @often_used, order_by: e.slug))

    Enum.each(entries, fn entry ->
      File.write!(Path.join(folder(), entry.slug <> ".md"), entry.body)
    end)

    with {:ok, _} <- Git.run(folder(), ["add", "--all"]),
         {:ok, changed} <- Git.run(folder(), ["status", "--porcelain"]),
         :ok <- publish(changed) do
      {:ok, length(entries)}
    end
  end

  defp publish(""), do: :ok

  defp publish(_changed) do
    with {:ok, _} <- Git.run(folder(), ["commit", "--message", "Knowledge export"]),
         {:ok, _} <- Git.run(folder(), ["push"]) do
      :ok
    end
  end

  @doc "Reads the Markdown files that the database does not know yet."
  def import_files do
    now = DateTime.utc_now() |> DateTime.truncate(:second)

    rows =
      for path <- Path.wildcard(Path.join(folder(), "*.md")) do
        %{
          slug: Path.basename(path, ".md"),
          body: File.read!(path),
          usage_count: 0,
          inserted_at: now,
          updated_at: now
        }
      end

    Repo.insert_all(Entry, rows, on_conflict: :nothing, conflict_target: :slug)
    :ok
  end

  defp folder, do: Path.join(Application.fetch_env!(:demo_app, :data_dir), "knowledge")
end
