-- For each entry the failed runs after its last success (number %(after)s), and when the first of them started.
SELECT w.key, pg_catalog.count(*) AS failures, pg_catalog.min(d.start_time) AS since
FROM ROWS FROM (
  pg_catalog.unnest(%(keys)s::bigint[]), pg_catalog.unnest(%(after)s::bigint[])
) AS w (key, after)
JOIN cron.job_run_details AS d ON d.jobid = w.key AND d.runid > w.after
WHERE d.status = 'failed' AND d.runid > %(least)s
GROUP BY w.key
