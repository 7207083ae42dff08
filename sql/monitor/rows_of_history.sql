-- Runs as pg_cron recorded them.
(
  SELECT
    jobid AS key,
    runid AS id,
    CASE WHEN status IN ('succeeded', 'failed') THEN status ELSE 'running' END AS state,
    start_time AS started_at,
    end_time AS ended_at,
    NULL::bigint AS rows,
    return_message AS message,
    command,
    job_pid AS pid
  FROM cron.job_run_details
)
