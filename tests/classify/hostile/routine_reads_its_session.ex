# verdict: needs_review
# reason: session-dependent
# reason: tied-to-session
# remark: calls-routine
# What the function does depends on who calls it, two calls deep, and it locks for the connection's life.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_job), do: Repo.query("SELECT purge()")
end
# file: priv/repo/migrations/1_a.exs
defmodule A.Repo.Migrations.A do
  use Ecto.Migration

  def change do
    execute("""
    CREATE FUNCTION tenant() RETURNS text LANGUAGE sql AS $$ SELECT current_setting('app.tenant') $$
    """)

    execute("""
    CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_lock(1);
      PERFORM set_config('app.purging', 'on', true);
      IF true THEN
        DELETE FROM rows WHERE tenant = tenant();
      END IF;
    END $$
    """)
  end
end
