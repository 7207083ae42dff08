-- Of the cron entry %(name)s, which calls its procedure itself: whether a run of %(command)s is under way, as pg_cron's
-- record or the sessions show it, and when its latest run started (NULL: none, or no record is kept).
SELECT
  coalesce(bool_or(d.status NOT IN ('succeeded', 'failed')), false) OR EXISTS (
    SELECT
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.datname = %(database)s AND a.query = %(command)s AND a.state = 'active'
      AND a.pid <> pg_catalog.pg_backend_pid()
  ),
  max(d.start_time)
FROM cron.job AS j
JOIN cron.job_run_details AS d USING (jobid)
WHERE j.jobname = %(name)s AND d.command = %(command)s
