-- The latest runs of each entry (newest first), at most 20 of each, from the newest 20,000 rows of the history.
SELECT jobid, runid, status, return_message, start_time, end_time, command
FROM (
  SELECT
    d.jobid, d.runid, d.status, d.return_message, d.start_time, d.end_time, d.command,
    pg_catalog.row_number() OVER (PARTITION BY d.jobid ORDER BY d.runid DESC) AS place
  FROM (SELECT * FROM cron.job_run_details ORDER BY runid DESC LIMIT 20000) AS d
) AS numbered
WHERE place <= 20
ORDER BY jobid, runid DESC
