defmodule DemoApp.Repo.Migrations.CreateTemplatesAndCodeChunks do
  use Ecto.Migration

  def change do
    create table(:prompt_templates) do
      add :name, :string, null: false
      add :body, :text, null: false
      add :embedding, {:array, :float}

      timestamps(type: :utc_datetime)
    end

    create unique_index(:prompt_templates, [:name])

    create table(:code_chunks) do
      add :file, :string, null: false
      add :line, :integer, null: false
      add :content, :text, null: false
      add :embedding, {:array, :float}

      timestamps(type: :utc_datetime)
    end

    create unique_index(:code_chunks, [:file, :line])
  end
end
