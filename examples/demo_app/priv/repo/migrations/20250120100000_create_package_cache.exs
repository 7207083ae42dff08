defmodule DemoApp.Repo.Migrations.CreatePackageCache do
  use Ecto.Migration

  def up do
    # Not logged: after a crash the cache is empty, which is what a cache may be.
    execute("""
    CREATE UNLOGGED TABLE package_cache (
      cache_key text PRIMARY KEY,
      package_data jsonb NOT NULL,
      expires_at timestamptz NOT NULL,
      hit_count integer NOT NULL DEFAULT 0,
      inserted_at timestamptz NOT NULL DEFAULT now()
    )
    """)

    create index(:package_cache, [:expires_at])

    execute("""
    CREATE FUNCTION cleanup_expired_cache() RETURNS integer
    LANGUAGE plpgsql
    AS $$
    DECLARE
      removed integer;
    BEGIN
      DELETE FROM package_cache WHERE expires_at < now();
      GET DIAGNOSTICS removed = ROW_COUNT;
      RETURN removed;
    END;
    $$
    """)

    execute("""
    CREATE MATERIALIZED VIEW hot_packages AS
    SELECT
      ecosystem,
      package_name,
      version,
      description,
      github_stars,
      download_count,
      tags
    FROM catalog_packages
    WHERE github_stars >= 1000 OR download_count >= 100000
    """)

    # A concurrent refresh wants a unique index.
    create unique_index(:hot_packages, [:ecosystem, :package_name, :version])
  end

  def down do
    execute("DROP MATERIALIZED VIEW hot_packages")
    execute("DROP FUNCTION cleanup_expired_cache()")
    drop table(:package_cache)
  end
end
