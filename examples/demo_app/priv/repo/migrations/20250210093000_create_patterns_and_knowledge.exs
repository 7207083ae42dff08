defmodule DemoApp.Repo.Migrations.CreatePatternsAndKnowledge do
  use Ecto.Migration

  def change do
    create table(:framework_patterns) do
      add :name, :string, null: false
      add :confidence, :float, null: false, default: 0.5
      add :definition, :map, null: false

      timestamps(type: :utc_datetime)
    end

    create unique_index(:framework_patterns, [:name])

    create table(:knowledge_entries) do
      add :slug, :string, null: false
      add :body, :text, null: false
      add :usage_count, :integer, null: false, default: 0

      timestamps(type: :utc_datetime)
    end

    create unique_index(:knowledge_entries, [:slug])
  end
end
