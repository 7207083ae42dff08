-- How long the latest runs of an entry took by pg_cron's history, in milliseconds.
SELECT extract(epoch FROM d.end_time - d.start_time)::float8 * 1000
FROM cron.job_run_details AS d
JOIN cron.job AS j USING (jobid)
WHERE j.jobname = %(name)s AND d.status = 'succeeded' AND d.end_time IS NOT NULL AND d.start_time IS NOT NULL
ORDER BY d.runid DESC
LIMIT 1000
