# verdict: pure_sql
# statement: INSERT INTO "days" ("what","n","at") (SELECT t0."kind", count(t0."id"), date_trunc('second', now() AT TIME ZONE 'UTC') FROM "t" AS t0 GROUP BY t0."kind") ON CONFLICT ("what") DO NOTHING
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :kind, :string
  end
end
defmodule A.Day do
  use Ecto.Schema
  @primary_key false
  schema "days" do
    field :what, :string
    field :n, :integer
    field :at, :utc_datetime
  end
end
defmodule A.W do
  use Oban.Worker
  import Ecto.Query

  def perform(_) do
    now = DateTime.truncate(DateTime.utc_now(), :second)
    rows = from t in A.T, group_by: t.kind, select: %{what: t.kind, n: count(t.id), at: ^now}
    A.Repo.insert_all(A.Day, rows, on_conflict: :nothing, conflict_target: :what)
  end
end
# file: priv/repo/migrations/1_days.exs
defmodule A.Repo.Migrations.Days do
  use Ecto.Migration
  def change do
    create table(:days, primary_key: false) do
      add :what, :string
      add :n, :integer
      add :at, :utc_datetime
    end
    create unique_index(:days, [:what])
  end
end
