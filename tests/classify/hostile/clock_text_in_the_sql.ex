# verdict: needs_review
# reason: session-time-zone
# reason: parameter-type-unknown
# reason: sql-unknown
# A day compared with an instant is read in the session's zone; a part of a literal is not the literal.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_job) do
    today = Date.utc_today()
    Repo.query!("DELETE FROM visits WHERE at < '#{today}'")
    Repo.query!("DELETE FROM unknown WHERE at < '#{today}'")
    Repo.query!("DELETE FROM visits WHERE at < '#{today} 03:00'")
    Repo.query!("DROP TABLE visits_#{today.year}")
    :ok
  end
end
# file: priv/repo/migrations/1_a.exs
defmodule A.Repo.Migrations.A do
  use Ecto.Migration

  def change do
    create table(:visits) do
      add :at, :timestamptz
    end
  end
end
