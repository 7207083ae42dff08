defmodule DemoApp.Catalog.Package do
  @moduledoc "One version of a package in a public registry."

  use Ecto.Schema

  schema "catalog_packages" do
    field :ecosystem, :string
    field :package_name, :string
    field :version, :string
    field :description, :string
    field :github_stars, :integer, default: 0
    field :download_count, :integer, default: 0
    field :tags, {:array, :string}, default: []

    timestamps(type: :utc_datetime)
  end
end
