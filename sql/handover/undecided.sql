-- Of the firings %(firings)s of job %(job)s' expression the ticks of pg_cron's that nothing in the log decides: nobody ran
-- them, and nothing says that they were left out.
SELECT f.at
FROM cronlift.gate AS g
CROSS JOIN unnest(%(firings)s::timestamptz[]) AS f (at)
WHERE g.job = %(job)s AND cronlift.owns(g, f.at) AND cronlift.is_due(g.guard, f.at)
  AND (g.flat_until IS NULL OR f.at >= g.flat_until)
  AND NOT EXISTS (
    SELECT FROM cronlift.run_log AS l
    WHERE l.job = g.job AND l.tick = f.at AND l.cause IN ('tick', 'catch_up')
  )
ORDER BY f.at
