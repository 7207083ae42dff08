-- The latest runs of the moved jobs that no gate holds back, as pg_cron recorded them.
SELECT j.jobname, d.runid, d.status, d.return_message, d.start_time, d.end_time, d.command, d.database, d.username
FROM cron.job_run_details AS d
JOIN cron.job AS j USING (jobid)
WHERE j.jobname = ANY (%(names)s)
ORDER BY d.start_time DESC NULLS FIRST, d.runid DESC
LIMIT 10
