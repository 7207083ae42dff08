-- Bounds for the proof's transaction; catalog functions write every name with its schema.
SELECT
  pg_catalog.set_config('lock_timeout', '20s', true),
  pg_catalog.set_config('search_path', '', true),
  pg_catalog.set_config('client_min_messages', 'error', true)
