defmodule DemoApp.Tasks do
  @moduledoc "Tasks and who does them."

  alias DemoApp.Repo

  @doc "Gives every pending task to an agent: the most urgent to the most successful, round after round."
  def assign_pending do
    sql = """
    WITH agents AS (
      SELECT agent_id, row_number() OVER (ORDER BY success_rate DESC, agent_id) AS place, count(*) OVER () AS size
      FROM agent_summaries
    ),
    pending AS (
      SELECT id, row_number() OVER (ORDER BY priority DESC, id) AS place
      FROM agent_tasks
      WHERE status = 'pending'
    )
    UPDATE agent_tasks
    SET status = 'assigned', agent_id = agents.agent_id, assigned_at = timezone('UTC', now()),
      updated_at = timezone('UTC', now())
    FROM pending
    JOIN agents ON agents.place = 1 + (pending.place - 1) % agents.size
    WHERE agent_tasks.id = pending.id
    """

    case Repo.query(sql, []) do
      {:ok, %{num_rows: count}} -> {:ok, count}
      {:error, reason} -> {:error, reason}
    end
  end
end
