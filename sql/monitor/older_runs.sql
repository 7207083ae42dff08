-- The last run, and the last that succeeded, of keys that have none in the window.
SELECT
  s.key,
  pg_catalog.max(s.id) FILTER (WHERE s.state <> 'skipped') AS last,
  pg_catalog.max(s.id) FILTER (WHERE s.state = 'succeeded') AS last_success
FROM {source} AS s
WHERE s.key = ANY (%(keys)s) AND (s.id < %(first)s OR s.started_at < %(since)s)
GROUP BY s.key
