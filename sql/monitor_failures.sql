-- The failed runs of the moved jobs, by job name, with what the server said.
SELECT j.jobname, d.runid, d.return_message, d.start_time, d.end_time, d.command, d.database, d.username
FROM cron.job_run_details AS d
JOIN cron.job AS j USING (jobid)
WHERE j.jobname = ANY (%(names)s) AND d.status = 'failed'
ORDER BY d.start_time DESC NULLS FIRST, d.runid DESC
LIMIT 10
