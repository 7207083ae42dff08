-- Of each job: its latest tick that is a minute old, where pg_cron owned it, and whether the fence turned anything away
-- for it; the tick of the latest hit; and whether the fence turned another job's row away in that minute. A row that
-- names no tick may begin a little before it.
SELECT
  g.job,
  due.tick,
  EXISTS (
    SELECT FROM cronlift.fence_hit AS h
    WHERE h.job = g.job AND coalesce(h.tick, h.began) >= due.tick - cronlift.room(g, due.tick)
  ),
  (
    SELECT coalesce(h.tick, cronlift.row_tick(g, h.began)) FROM cronlift.fence_hit AS h
    WHERE h.job = g.job
    ORDER BY coalesce(h.tick, h.began) DESC
    LIMIT 1
  ),
  EXISTS (
    SELECT FROM cronlift.fence_hit AS h
    WHERE h.job <> g.job AND coalesce(h.tick, date_trunc('minute', h.began)) = due.tick
  )
FROM cronlift.gate AS g
CROSS JOIN LATERAL (
  SELECT CASE WHEN latest.tick >= g.pg_from THEN latest.tick END AS tick
  FROM (SELECT cronlift.due(g, %(now)s::timestamptz - interval '1 minute') AS tick) AS latest
) AS due
WHERE g.job = ANY (%(jobs)s)
