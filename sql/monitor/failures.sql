-- For each key the failed runs after its last success (number %(after)s), and when the first of them started.
SELECT s.key, pg_catalog.count(*) AS failures, pg_catalog.min(s.started_at) AS since
FROM ROWS FROM (
  pg_catalog.unnest(%(keys)s::{key_type}[]), pg_catalog.unnest(%(after)s::bigint[])
) AS w (key, after)
JOIN {source} AS s ON s.key = w.key AND s.id > w.after
WHERE s.state = 'failed' AND s.id > %(least)s
GROUP BY s.key
