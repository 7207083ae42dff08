-- Runs as pg_cron recorded them, from run number %(first)s and the instant %(since)s on. A run that could not connect
-- has no times at all (pg_cron.c before 1.6.3).
(
  SELECT
    jobid AS key,
    runid AS id,
    CASE WHEN status IN ('succeeded', 'failed') THEN status ELSE 'running' END AS state,
    start_time AS started_at,
    end_time AS ended_at,
    NULL::bigint AS rows
  FROM cron.job_run_details
  WHERE runid >= %(first)s AND (start_time >= %(since)s OR start_time IS NULL)
)
