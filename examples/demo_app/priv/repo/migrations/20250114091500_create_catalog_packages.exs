defmodule DemoApp.Repo.Migrations.CreateCatalogPackages do
  use Ecto.Migration

  def change do
    create table(:catalog_packages) do
      add :ecosystem, :string, null: false
      add :package_name, :string, null: false
      add :version, :string, null: false
      add :description, :text
      add :github_stars, :integer, null: false, default: 0
      add :download_count, :bigint, null: false, default: 0
      add :tags, {:array, :string}, null: false, default: []

      timestamps(type: :utc_datetime)
    end

    create unique_index(:catalog_packages, [:ecosystem, :package_name, :version])
  end
end
