-- What pg_cron has recorded of the probes, by the number each got when it was scheduled.
SELECT jobid, runid, status, return_message, start_time, end_time, database, username, command
FROM cron.job_run_details
WHERE jobid = ANY (%(jobids)s)
ORDER BY runid
