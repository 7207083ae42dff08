-- Bounds for the proof's transaction; catalog functions write every name with its schema.
SELECT
  pg_catalog.set_config('lock_timeout', '20s', true),
  pg_catalog.set_config('search_path', '', true),
  pg_catalog.set_config('client_min_messages', 'error', true),
  -- Scans start at the beginning of a table: the rows that are moved are the same ones each time.
  pg_catalog.set_config('synchronize_seqscans', 'off', true)
