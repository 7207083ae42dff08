defmodule DemoApp.Catalog.HotPackage do
  @moduledoc "A row of the materialized view; read only."

  use Ecto.Schema

  @primary_key false
  schema "hot_packages" do
    field :ecosystem, :string
    field :package_name, :string
    field :version, :string
    field :description, :string
    field :github_stars, :integer
    field :download_count, :integer
    field :tags, {:array, :string}
  end
end
