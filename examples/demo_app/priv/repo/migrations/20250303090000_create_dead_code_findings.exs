defmodule DemoApp.Repo.Migrations.CreateDeadCodeFindings do
  use Ecto.Migration

  def change do
    create table(:dead_code_findings) do
      add :found_on, :date, null: false
      add :file, :string, null: false
      add :function, :string, null: false

      timestamps(type: :utc_datetime, updated_at: false)
    end

    create unique_index(:dead_code_findings, [:found_on, :file, :function])
  end
end
