-- The entries of a database that call nothing but what schema cronlift holds for all jobs: the sweepers, and what keeps
-- the run log short.
SELECT j.jobname, j.username
FROM cron.job AS j
WHERE j.database = %(database)s
  AND (j.command = 'CALL cronlift.sweep()' OR j.command ~ '^CALL cronlift\.prune\([^()]*\)$')
ORDER BY j.jobid
