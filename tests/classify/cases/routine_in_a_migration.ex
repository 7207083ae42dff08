# verdict: pure_sql
# remark: calls-routine
# statement: SELECT purge(30)
# effect: DELETE from sessions
# effect: INSERT into purge_log
# effect: NOTIFY purged
# effect: EXECUTE of a text put together at run time, which begins with 'ANALYZE'
# The body of the last definition counts, and that of what it calls; other definitions have other arguments.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_job), do: Repo.query("SELECT purge(30)")
end
# file: priv/repo/migrations/1_old.exs
defmodule A.Repo.Migrations.Old do
  use Ecto.Migration

  def up do
    execute("CREATE FUNCTION purge(days int) RETURNS void LANGUAGE sql AS 'DELETE FROM everything'")
    execute("CREATE FUNCTION purge(days int, why text) RETURNS void LANGUAGE sql AS 'SELECT current_user'")
  end

  def down do
    execute("CREATE FUNCTION purge() RETURNS void LANGUAGE sql AS 'DELETE FROM everything'")
  end
end
# file: priv/repo/migrations/2_new.exs
defmodule A.Repo.Migrations.New do
  use Ecto.Migration

  @log """
  CREATE FUNCTION log_purge(n bigint) RETURNS void LANGUAGE sql BEGIN ATOMIC
    INSERT INTO purge_log (n) VALUES (n);
  END
  """

  def change do
    execute(@log, "DROP FUNCTION log_purge")

    purge = """
    CREATE OR REPLACE FUNCTION purge(days integer DEFAULT 7) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE gone bigint;
    BEGIN
      DELETE FROM sessions WHERE seen_at < now() - make_interval(days => days);
      GET DIAGNOSTICS gone = ROW_COUNT;
      PERFORM log_purge(gone);
      EXECUTE 'ANALYZE ' || 'sessions';
      NOTIFY purged;
    END $$
    """

    execute(purge)
  end
end
