-- Removes the probe entries, by name (they are ours alone: the name holds a random part).
SELECT cron.unschedule(jobid)
FROM cron.job
WHERE jobname = ANY (%(names)s)
