-- Of each job: its latest tick that is a minute old, where pg_cron owned it, and whether the fence turned anything away
-- for it; the latest hit; and whether the fence turned another job's row away in that minute.
SELECT
  g.job,
  due.tick,
  EXISTS (SELECT FROM cronlift.fence_hit AS h WHERE h.job = g.job AND h.tick >= due.tick),
  (SELECT max(h.tick) FROM cronlift.fence_hit AS h WHERE h.job = g.job),
  EXISTS (SELECT FROM cronlift.fence_hit AS h WHERE h.job <> g.job AND h.tick = due.tick)
FROM cronlift.gate AS g
CROSS JOIN LATERAL (
  SELECT CASE WHEN latest.tick >= g.pg_from THEN latest.tick END AS tick
  FROM (SELECT cronlift.due(g, %(now)s::timestamptz - interval '1 minute') AS tick) AS latest
) AS due
WHERE g.job = ANY (%(jobs)s)
