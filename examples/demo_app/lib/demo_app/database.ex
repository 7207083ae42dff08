defmodule DemoApp.Database do
  @moduledoc "What a database wants now and then."

  import Ecto.Query

  alias DemoApp.Repo

  def analyze, do: run("ANALYZE agent_metrics, agent_tasks, oban_jobs")

  # Not in a transaction: neither may be.
  def vacuum, do: run("VACUUM (ANALYZE) package_cache")
  def reindex, do: run("REINDEX INDEX CONCURRENTLY code_chunks_file_line_index")

  @doc "Deletes jobs that ended more than thirty days ago; the pruner looks at fewer at a time."
  def delete_old_jobs do
    {count, _} =
      from(j in Oban.Job,
        where: j.state in ["completed", "cancelled", "discarded"] and j.inserted_at < ago(30, "day")
      )
      |> Repo.delete_all()

    {:ok, count}
  end

  @doc "Counts what has an embedding and what has none yet."
  def refresh_vector_statistics do
    run("""
    INSERT INTO vector_statistics (of_table, all_rows, embedded_rows)
    SELECT 'code_chunks', count(*), count(embedding) FROM code_chunks
    UNION ALL
    SELECT 'prompt_templates', count(*), count(embedding) FROM prompt_templates
    ON CONFLICT (of_table) DO UPDATE
    SET all_rows = excluded.all_rows, embedded_rows = excluded.embedded_rows
    """)
  end

  defp run(sql) do
    case Repo.query(sql, []) do
      {:ok, _result} -> :ok
      {:error, reason} -> {:error, reason}
    end
  end
end
