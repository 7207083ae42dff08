# verdict: pure_sql
# statement: DELETE FROM visits WHERE day < ((now() AT TIME ZONE 'UTC')::date - 30) AND note <> 'it''s' AND seen < now() - interval '1 day'
# statement: UPDATE visits SET seen = ((now() AT TIME ZONE 'UTC') - interval '1 hour'), label = to_char((now() AT TIME ZONE 'UTC')::date, 'YYYY-MM-DD') WHERE day = (date_trunc('month', now() AT TIME ZONE 'UTC')::date)
# A literal that is the clock's text means what its column's type makes of it.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_job) do
    cutoff = Date.utc_today() |> Date.add(-30) |> Date.to_iso8601()

    with {:ok, _} <- Repo.query("DELETE FROM visits WHERE day < '#{cutoff}' AND note <> 'it''s' AND seen < now() - interval '1 day'") do
      seen = NaiveDateTime.add(NaiveDateTime.utc_now(), -3600)
      month = Date.beginning_of_month(Date.utc_today())
      Repo.query("UPDATE visits SET seen = '#{seen}', label = $1 WHERE day = '#{month}'", [to_string(Date.utc_today())])
    end
  end
end
# file: priv/repo/migrations/1_a.exs
defmodule A.Repo.Migrations.A do
  use Ecto.Migration

  def change do
    create table(:visits) do
      add :day, :date
      add :seen, :naive_datetime_usec
      add :note, :string
      add :label, :text
    end
  end
end
