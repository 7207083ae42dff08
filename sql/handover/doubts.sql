-- Ticks of pg_cron's of which a row of the application's was turned away (the latest rows, and the first ones behind the
-- start), where nothing in the log says that pg_cron ran them; and the last tick before the start, where more rows than
-- one that name no tick came for the first one behind it: one of them may have been for that.
WITH hit AS (
  SELECT g.job, g.pg_from, coalesce(h.tick, cronlift.row_tick(g, h.began)) AS tick, h.tick IS NULL AS unnamed
  FROM cronlift.gate AS g
  CROSS JOIN LATERAL (
    (
      SELECT f.id, f.tick, f.began FROM cronlift.fence_hit AS f
      WHERE f.job = g.job AND coalesce(f.tick, f.began) >= g.pg_from AND f.at > now() - interval '1 day'
      ORDER BY coalesce(f.tick, f.began) DESC
      LIMIT 20
    )
    UNION
    (
      SELECT f.id, f.tick, f.began FROM cronlift.fence_hit AS f
      WHERE f.job = g.job AND coalesce(f.tick, f.began) >= g.pg_from
      ORDER BY coalesce(f.tick, f.began)
      LIMIT 3
    )
  ) AS h
  WHERE NOT g.flat AND g.procedure IS NOT NULL AND cronlift.here(g.system_identifier, g.database)
),
-- Rows of the log and of the fence are kept for a day at least, and pruned together.
unrun AS (
  SELECT DISTINCT h.job, h.tick
  FROM hit AS h
  WHERE h.tick < clock_timestamp() - interval '2 minutes'
    AND NOT EXISTS (SELECT FROM cronlift.run_log AS l WHERE l.job = h.job AND l.tick = h.tick)
),
twice AS (
  SELECT h.job, min(h.pg_from) AS pg_from
  FROM hit AS h JOIN cronlift.gate AS g ON g.job = h.job
  WHERE h.unnamed AND cronlift.due(g, h.tick - interval '1 minute') < h.pg_from
  GROUP BY h.job, h.tick
  HAVING count(*) > 1
)
SELECT u.job, u.tick, false AS by_count FROM unrun AS u
UNION ALL
SELECT t.job, cronlift.due(g, t.pg_from), true FROM twice AS t JOIN cronlift.gate AS g ON g.job = t.job
ORDER BY 1, 2
