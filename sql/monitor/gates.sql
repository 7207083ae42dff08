-- The gates of this database: who runs each job, until when, and what the fence turned away after a move was complete.
SELECT
  g.job,
  g.cron_name,
  g.state,
  CASE WHEN g.pg_from IS NOT NULL THEN GREATEST(g.pg_from, '2010-01-02Z', CASE WHEN NOT g.flat THEN g.flat_until END) END AS since,
  CASE WHEN g.pg_until < '9000-01-01Z' THEN g.pg_until END AS until,
  g.guard IS NOT NULL AS guarded,
  g.flat,
  (SELECT pg_catalog.min(n.job) FROM cronlift.gate AS n
   WHERE n.job <> g.job AND n.state IN ('started', 'completed', 'paused')
     AND pg_catalog.regexp_replace(n.job, '@v\d+$', '') = pg_catalog.regexp_replace(g.job, '@v\d+$', '')) AS other,
  h.hits,
  h.last_hit,
  r.next_attempt
FROM cronlift.gate AS g
LEFT JOIN LATERAL (
  SELECT pg_catalog.count(*) AS hits, pg_catalog.max(f.at) AS last_hit
  FROM cronlift.fence_hit AS f
  WHERE f.job = g.job AND f.at > g.changed_at AND g.state = 'completed'
) AS h ON TRUE
LEFT JOIN LATERAL (
  SELECT pg_catalog.min(q.due_at) AS next_attempt FROM cronlift.retry AS q WHERE q.job = g.job
) AS r ON TRUE
ORDER BY g.job
