-- The first run, by number, from %(from)s on whose start is known: numbers rise with time.
SELECT s.id, s.started_at
FROM {source} AS s
WHERE s.id >= %(from)s AND s.started_at IS NOT NULL
ORDER BY s.id
LIMIT 1
