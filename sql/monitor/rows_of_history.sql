-- Runs as pg_cron recorded them. alive: whether the process that a run was given to is still there (NULL: it was given to
-- none yet).
(
  SELECT
    d.jobid AS key,
    d.runid AS id,
    CASE WHEN d.status IN ('succeeded', 'failed') THEN d.status ELSE 'running' END AS state,
    d.start_time AS started_at,
    d.end_time AS ended_at,
    NULL::bigint AS rows,
    d.return_message AS message,
    d.command,
    CASE WHEN d.job_pid IS NOT NULL THEN EXISTS (
      SELECT
      FROM pg_catalog.pg_stat_activity AS a
      WHERE a.pid = d.job_pid AND COALESCE(a.backend_start <= d.start_time + interval '1 minute', TRUE)
    ) END AS alive
  FROM cron.job_run_details AS d
)
