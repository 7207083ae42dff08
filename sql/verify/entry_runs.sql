-- Runs of exactly this command by the entry of this name, the latest first. A job's number is new with each install,
-- so a run under that number is a run after the install.
SELECT d.runid, d.status, d.return_message, d.start_time, d.end_time, d.database, d.username, d.command
FROM cron.job_run_details AS d
JOIN cron.job AS j USING (jobid)
WHERE j.jobname = %(name)s
  AND j.username = %(role)s
  AND d.command = %(command)s
  AND d.database = %(database)s
  AND d.username = %(role)s
ORDER BY d.runid DESC
LIMIT 20
