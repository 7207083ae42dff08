-- Sets the search_path, and a bound on waiting for locks, for this transaction only.
SELECT
  pg_catalog.set_config('search_path', %(path)s, true),
  pg_catalog.set_config('lock_timeout', '5s', true)
