-- The last run, and the last that succeeded, of entries that have none in the window.
SELECT
  jobid AS key,
  pg_catalog.max(runid) AS last,
  pg_catalog.max(runid) FILTER (WHERE status = 'succeeded') AS last_success
FROM cron.job_run_details
WHERE jobid = ANY (%(keys)s) AND (runid < %(first)s OR start_time < %(since)s)
GROUP BY jobid
