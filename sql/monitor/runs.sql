-- Runs from number %(first)s and the instant %(since)s on, by key (level 3), by half of the window (level 1) and, where
-- asked for, by slot (level 0), in one pass over the source. A run that could not connect has no times at all (pg_cron
-- before 1.6.3).
SELECT
  r.key,
  {level} AS level,
  r.half,
  {slot} AS slot,
  pg_catalog.count(*) FILTER (WHERE r.state <> 'skipped') AS runs,
  pg_catalog.count(*) FILTER (WHERE r.state = 'succeeded') AS succeeded,
  pg_catalog.count(*) FILTER (WHERE r.state = 'failed') AS failed,
  pg_catalog.count(*) FILTER (WHERE r.state = 'skipped') AS skipped,
  pg_catalog.max(r.id) FILTER (WHERE r.state <> 'skipped') AS last,
  pg_catalog.max(r.id) FILTER (WHERE r.state = 'succeeded') AS last_success,
  pg_catalog.max(r.started_at) AS last_seen,
  pg_catalog.array_agg(r.id) FILTER (WHERE r.state = 'running') AS running,
  pg_catalog.sum(r.rows)::bigint AS rows,
  pg_catalog.percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY r.ms)
    FILTER (WHERE r.state = 'succeeded') AS percentiles
FROM (
  SELECT
    s.key, s.id, s.state, s.started_at, s.rows,
    pg_catalog.date_part('epoch', s.ended_at - s.started_at) * 1000 AS ms,
    p.slot,
    p.slot * 2 >= %(slots)s AS half
  FROM {source} AS s
  CROSS JOIN LATERAL (
    SELECT LEAST(
      pg_catalog.floor(pg_catalog.date_part('epoch', s.started_at - %(since)s) / %(slot_seconds)s)::integer,
      %(slots)s - 1
    ) AS slot
  ) AS p
  WHERE s.id >= %(first)s AND (s.started_at >= %(since)s OR s.started_at IS NULL)
) AS r
GROUP BY GROUPING SETS ({sets})
