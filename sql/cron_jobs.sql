-- The moved jobs as pg_cron has them: what runs, when, in which database and as whom.
SELECT jobid, jobname, schedule, command, database, username, active
FROM cron.job
WHERE jobname = ANY (%(names)s)
ORDER BY jobname, jobid
