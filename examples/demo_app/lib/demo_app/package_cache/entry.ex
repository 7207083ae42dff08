defmodule DemoApp.PackageCache.Entry do
  @moduledoc false

  use Ecto.Schema

  @primary_key {:cache_key, :string, autogenerate: false}
  schema "package_cache" do
    field :package_data, :map
    field :expires_at, :utc_datetime_usec
    field :hit_count, :integer, default: 0
    field :inserted_at, :utc_datetime_usec
  end
end
