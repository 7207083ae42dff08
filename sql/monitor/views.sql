-- Views for dashboards over pg_cron's own record. Run it once with psql, in the database pg_cron lives in, as a role that
-- sees all entries (a superuser, else the views show that role's own):
--
--   cronlift monitor --views | psql -X -d postgres
--
-- Harmless to repeat; DROP SCHEMA cronlift_monitor CASCADE takes them away again. The views show what their owner sees,
-- whoever reads them: messages of failed runs can hold pieces of data, commands are left out. To let a role read them:
--
--   GRANT USAGE ON SCHEMA cronlift_monitor TO grafana;
--   GRANT SELECT ON ALL TABLES IN SCHEMA cronlift_monitor TO grafana;
--
-- On pg_cron before 1.5 with background workers the end of a run is not known: pg_cron writes the moment it began to
-- wait for it. duration_ms is NULL there, and the run log of managed jobs (cronlift.run_log in the application's
-- database) has the true times.
BEGIN;

CREATE SCHEMA IF NOT EXISTS cronlift_monitor;

CREATE OR REPLACE VIEW cronlift_monitor.run AS
SELECT
  d.jobid,
  COALESCE(j.jobname::text, 'entry ' || d.jobid) AS job,
  d.runid,
  d.database,
  d.username,
  d.status,
  d.start_time,
  d.end_time,
  CASE WHEN (
    SELECT pg_catalog.split_part(e.extversion, '.', 2)::integer >= 5 OR e.extversion !~ '^1\.'
    FROM (SELECT pg_catalog.regexp_replace(extversion, '-.*', '') AS extversion
          FROM pg_catalog.pg_extension WHERE extname = 'pg_cron') AS e
  ) OR EXISTS (
    SELECT FROM pg_catalog.pg_settings WHERE name = 'cron.use_background_workers' AND setting = 'off'
  ) THEN pg_catalog.date_part('epoch', d.end_time - d.start_time) * 1000 END AS duration_ms,
  CASE WHEN d.status = 'failed' THEN d.return_message END AS message
FROM cron.job_run_details AS d
LEFT JOIN cron.job AS j USING (jobid);

COMMENT ON VIEW cronlift_monitor.run IS 'cronlift: one row per run that pg_cron recorded';

CREATE OR REPLACE VIEW cronlift_monitor.job AS
SELECT
  j.jobid,
  COALESCE(j.jobname::text, 'entry ' || j.jobid) AS job,
  j.schedule,
  j.database,
  j.username,
  j.active,
  j.jobname LIKE 'cronlift/%' AS owned,
  r.last_start,
  r.last_success,
  r.last_status,
  r.last_message,
  CASE WHEN r.last_status = 'failed' THEN r.failing_since END AS failing_since,
  COALESCE(r.runs, 0) AS runs_7d,
  COALESCE(r.failed, 0) AS failed_7d,
  r.p50_ms AS p50_ms_7d,
  r.p95_ms AS p95_ms_7d
FROM cron.job AS j
LEFT JOIN (
  SELECT
    jobid,
    pg_catalog.max(start_time) AS last_start,
    pg_catalog.max(start_time) FILTER (WHERE status = 'succeeded') AS last_success,
    (pg_catalog.array_agg(status ORDER BY runid DESC))[1] AS last_status,
    (pg_catalog.array_agg(message ORDER BY runid DESC))[1] AS last_message,
    pg_catalog.min(start_time) FILTER (WHERE status = 'failed' AND runid > last_good) AS failing_since,
    pg_catalog.count(*) AS runs,
    pg_catalog.count(*) FILTER (WHERE status = 'failed') AS failed,
    pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE status = 'succeeded') AS p50_ms,
    pg_catalog.percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE status = 'succeeded') AS p95_ms
  FROM (
    SELECT
      *,
      COALESCE(pg_catalog.max(runid) FILTER (WHERE status = 'succeeded') OVER (PARTITION BY jobid), 0) AS last_good
    FROM cronlift_monitor.run
    WHERE start_time >= pg_catalog.now() - interval '7 days' OR start_time IS NULL
  ) AS numbered
  GROUP BY jobid
) AS r USING (jobid);

COMMENT ON VIEW cronlift_monitor.job IS 'cronlift: one row per entry of cron.job, with its runs of the last seven days';

CREATE OR REPLACE VIEW cronlift_monitor.by_hour AS
SELECT
  job,
  pg_catalog.date_trunc('hour', start_time) AS hour,
  pg_catalog.count(*) AS runs,
  pg_catalog.count(*) FILTER (WHERE status = 'failed') AS failed,
  pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE status = 'succeeded') AS p50_ms,
  pg_catalog.percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE status = 'succeeded') AS p95_ms
FROM cronlift_monitor.run
WHERE start_time IS NOT NULL
GROUP BY 1, 2;

COMMENT ON VIEW cronlift_monitor.by_hour IS 'cronlift: runs, failures and durations by entry and hour';

COMMIT;
