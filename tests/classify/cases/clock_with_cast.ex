# verdict: pure_sql
# statement: DELETE FROM t WHERE at < (now() - interval '1 hour')::timestamptz AND day < ((now() AT TIME ZONE 'UTC')::date - 30)
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    cutoff = DateTime.add(DateTime.utc_now(), -3600)
    Repo.query("DELETE FROM t WHERE at < $1::timestamptz AND day < $2", [cutoff, Date.add(Date.utc_today(), -30)])
  end
end
