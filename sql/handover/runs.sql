-- Of each job: runs under way, retries to come, the latest tick that pg_cron owned (NULL: none yet, or
-- its entry was flattened then), and how it was run.
SELECT
  g.job,
  (SELECT count(*) FROM cronlift.run_log AS l WHERE l.job = g.job AND l.state = 'running') AS running,
  (SELECT count(*) FROM cronlift.retry AS r WHERE r.job = g.job) AS retries,
  due.tick,
  (SELECT l.state FROM cronlift.run_log AS l
   WHERE l.job = g.job AND l.tick = due.tick AND l.cause IN ('tick', 'catch_up')) AS state
FROM cronlift.gate AS g
CROSS JOIN LATERAL (
  SELECT CASE WHEN latest.tick >= greatest(g.pg_from, g.flat_until) THEN latest.tick END AS tick
  FROM (
    SELECT cronlift.due(g, least(g.pg_until - interval '1 microsecond', %(now)s::timestamptz)) AS tick
  ) AS latest
) AS due
WHERE g.job = ANY (%(jobs)s)
ORDER BY g.job
