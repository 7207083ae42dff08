-- Every entry this role may see (row level security shows a role that is no superuser its own only).
SELECT jobid, jobname, schedule, command, database, username, active, nodename
FROM cron.job
ORDER BY jobid
