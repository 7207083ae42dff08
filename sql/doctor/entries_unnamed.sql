-- Every entry, where pg_cron is older than 1.3 and has no names.
SELECT jobid, NULL::text AS jobname, schedule, command, database, username, active, nodename
FROM cron.job
ORDER BY jobid
