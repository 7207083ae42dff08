# verdict: pure_sql
# statement: DELETE FROM stats WHERE year < (extract(year FROM (now() AT TIME ZONE 'UTC')::date)::bigint - 1) AND weekday = (extract(isodow FROM (now() AT TIME ZONE 'UTC')::date - 1)::bigint)
# Numbers of the run's own day, with arithmetic, in UTC whatever the session says.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_job) do
    today = Date.utc_today()
    yesterday = Date.add(today, -1)
    parameters = [today.year - 1, Date.day_of_week(yesterday)]
    Repo.query("DELETE FROM stats WHERE year < $1 AND weekday = $2", parameters)
  end
end
# file: priv/repo/migrations/1_a.exs
defmodule A.Repo.Migrations.A do
  use Ecto.Migration

  def change do
    create table(:stats) do
      add :year, :bigint
      add :weekday, :bigint
    end
  end
end
