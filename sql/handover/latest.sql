-- The latest firing of each job's expression.
SELECT g.job, cronlift.tick(g.schedule, %(now)s::timestamptz, g.timezone)
FROM cronlift.gate AS g
WHERE g.job = ANY (%(jobs)s)
