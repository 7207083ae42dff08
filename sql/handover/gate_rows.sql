-- Where each of the plan's jobs %(jobs)s stands; here: whether the row is of this very database.
SELECT
  g.job, g.state, g.pg_from, g.pg_until, g.flat, g.resumes, g.schedule, g.timezone, g.guard, g.plan_hash,
  cronlift.here(g.system_identifier, g.database) AS here
FROM cronlift.gate AS g
WHERE g.job = ANY (%(jobs)s)
ORDER BY g.job
