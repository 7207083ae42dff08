# verdict: pure_sql
# reason: sent-in-turns
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job), do: batch()

  defp batch do
    case Repo.query!("DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT 100)") do
      %{num_rows: 0} -> :ok
      _ -> batch()
    end
  end
end
