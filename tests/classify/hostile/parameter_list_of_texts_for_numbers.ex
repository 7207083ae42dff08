# verdict: needs_review
# reason: parameter-type
defmodule A.W do
  use Oban.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t WHERE n = ANY($1)", [["1"]])
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
