-- Logs that ticks of a job are left out by decision: a run that pg_cron still starts for one finds it taken.
SELECT cronlift.skip(g, t.tick, 'tick', 'left out by decision')
FROM cronlift.gate AS g
CROSS JOIN unnest(%(ticks)s::timestamptz[]) AS t (tick)
WHERE g.job = %(job)s
