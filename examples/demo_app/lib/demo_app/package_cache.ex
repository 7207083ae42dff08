defmodule DemoApp.PackageCache do
  @moduledoc """
  A cache of package descriptions in PostgreSQL: an unlogged table that forgets by `expires_at`, and a
  materialized view of the packages that everybody asks for.
  """

  import Ecto.Query

  alias DemoApp.PackageCache.Entry
  alias DemoApp.Repo

  @default_ttl :timer.hours(1)

  @doc "The cached description, or `:error` where there is none or it is too old."
  def fetch(key) do
    now = DateTime.utc_now()

    query =
      from(e in Entry, where: e.cache_key == ^key and e.expires_at > ^now, select: e.package_data)

    case Repo.update_all(query, inc: [hit_count: 1]) do
      {1, [data]} -> {:ok, data}
      {0, []} -> :error
    end
  end

  @doc "Keeps a description for `ttl` milliseconds."
  def put(key, %{} = data, ttl \\ @default_ttl) do
    now = DateTime.utc_now()

    entry = %Entry{
      cache_key: key,
      package_data: data,
      expires_at: DateTime.add(now, ttl, :millisecond),
      inserted_at: now
    }

    Repo.insert(entry,
      on_conflict: {:replace, [:package_data, :expires_at, :inserted_at, :hit_count]},
      conflict_target: :cache_key
    )
  end

  @doc "Deletes what has expired; the database counts."
  def cleanup_expired do
    case Repo.query("SELECT cleanup_expired_cache()", []) do
      {:ok, %{rows: [[count]]}} -> {:ok, count}
      {:error, reason} -> {:error, reason}
    end
  end

  @doc "Brings the view of hot packages up to date without locking its readers out."
  def refresh_hot_packages do
    case Repo.query("REFRESH MATERIALIZED VIEW CONCURRENTLY hot_packages", []) do
      {:ok, _result} -> :ok
      {:error, reason} -> {:error, reason}
    end
  end

  @doc "Refreshes the view, then puts every hot package into the cache that is not there yet."
  def prewarm do
    with :ok <- refresh_hot_packages(),
         {:ok, count} <- insert_hot_packages() do
      {:ok, count}
    end
  end

  defp insert_hot_packages do
    sql = """
    INSERT INTO package_cache (cache_key, package_data, expires_at)
    SELECT
      ecosystem || ':' || package_name || ':' || version,
      to_jsonb(hot_packages.*),
      now() + INTERVAL '24 hours'
    FROM hot_packages
    ON CONFLICT (cache_key) DO NOTHING
    """

    case Repo.query(sql, []) do
      {:ok, %{num_rows: count}} -> {:ok, count}
      {:error, reason} -> {:error, reason}
    end
  end
end
