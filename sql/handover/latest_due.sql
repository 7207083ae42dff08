-- The latest tick of job %(job)s, and the clock.
SELECT cronlift.due(g, clock_timestamp()), clock_timestamp()
FROM cronlift.gate AS g
WHERE g.job = %(job)s
