-- Removes the entry, whoever runs this (by name, pg_cron finds one's own entries only).
SELECT cron.unschedule(jobid)
FROM cron.job
WHERE jobname = {name} AND username = {role}
