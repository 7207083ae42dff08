-- The numbers of the probe entries.
SELECT jobname, jobid
FROM cron.job
WHERE jobname = ANY (%(names)s)
ORDER BY jobid
