# verdict: pure_sql
# statement: DELETE FROM t WHERE at < (now() AT TIME ZONE 'UTC') AND tz < (now() - interval '24 hours') AND day < ((now() AT TIME ZONE 'UTC')::date)
defmodule A.W do
  use Oban.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t WHERE at < $1 AND tz < $2 AND day < $3", [DateTime.utc_now(), DateTime.add(DateTime.utc_now(), -1, :day), Date.utc_today()])
end
# file: priv/repo/migrations/20240101000000_create_t.exs
defmodule A.Repo.Migrations.CreateT do
  use Ecto.Migration

  def change do
    create table(:t) do
      add :n, :integer
      add :name, :string
      add :token, :uuid
      add :data, :map
      add :price, :decimal
      add :at, :utc_datetime
      add :tz, :timestamptz
      add :day, :date
    end
  end
end
