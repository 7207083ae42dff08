# verdict: pure_sql
# remark: routine-not-seen
# A definition that a later migration drops is not what is called.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_job), do: Repo.query("SELECT purge()")
end
# file: priv/repo/migrations/1_a.exs
defmodule A.Repo.Migrations.A do
  use Ecto.Migration
  def change, do: execute("CREATE FUNCTION purge() RETURNS void LANGUAGE sql AS 'SELECT current_user'")
end
# file: priv/repo/migrations/2_b.exs
defmodule A.Repo.Migrations.B do
  use Ecto.Migration
  def up, do: execute("DROP FUNCTION IF EXISTS purge()")
end
