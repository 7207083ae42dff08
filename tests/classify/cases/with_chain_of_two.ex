# verdict: pure_sql
# statement: REFRESH MATERIALIZED VIEW v
# statement: INSERT INTO t SELECT * FROM v
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    with :ok <- refresh(), {:ok, n} <- fill() do
      {:ok, n}
    else
      {:error, reason} -> {:error, reason}
    end
  end

  defp refresh do
    case Repo.query("REFRESH MATERIALIZED VIEW v", []) do
      {:ok, _} -> :ok
      {:error, reason} -> {:error, reason}
    end
  end

  defp fill do
    sql = """
    INSERT INTO t
    SELECT * FROM v
    """

    case Repo.query(sql) do
      {:ok, %{num_rows: n}} -> {:ok, n}
      error -> error
    end
  end
end
