-- Where each of the jobs %(jobs)s stands, since and until when, whether its entry calls the procedure itself, another
-- version of it that pg_cron runs, how its latest run on its own schedule through the runner ended (NULL: there was none),
-- how often pg_cron ran it so, and how often the application's rows were turned away, lately when.
SELECT
  g.job, g.state, latest.state, latest.message, latest.tick, g.pg_from, g.pg_until, g.flat,
  (SELECT min(n.job) FROM cronlift.gate AS n
   WHERE n.job <> g.job AND n.state IN ('started', 'completed', 'paused')
     AND regexp_replace(n.job, '@v\d+$', '') = regexp_replace(g.job, '@v\d+$', '')) AS other,
  runs.succeeded, runs.failed, runs.skipped, hits.turned_away, hits.last
FROM cronlift.gate AS g
LEFT JOIN LATERAL (
  SELECT l.state, l.message, l.tick
  FROM cronlift.run_log AS l
  WHERE l.job = g.job AND l.cause IN ('tick', 'retry') AND l.state IN ('succeeded', 'failed')
  ORDER BY l.id DESC
  LIMIT 1
) AS latest ON true
CROSS JOIN LATERAL (
  SELECT
    count(*) FILTER (WHERE l.state = 'succeeded') AS succeeded,
    count(*) FILTER (WHERE l.state = 'failed') AS failed,
    count(*) FILTER (WHERE l.state = 'skipped') AS skipped
  FROM cronlift.run_log AS l
  WHERE l.job = g.job
) AS runs
CROSS JOIN LATERAL (
  SELECT count(*) AS turned_away, max(coalesce(h.tick, h.began)) AS last FROM cronlift.fence_hit AS h WHERE h.job = g.job
) AS hits
WHERE g.job = ANY (%(jobs)s)
