-- The server's clock, since when it and pg_cron's launcher run (NULL: this role may not see the launcher's), and whether
-- row-level security hides entries of other roles.
SELECT
  pg_catalog.clock_timestamp() AS now,
  pg_catalog.pg_postmaster_start_time() AS server_start,
  (
    SELECT pg_catalog.max(backend_start)
    FROM pg_catalog.pg_stat_activity
    WHERE backend_type = 'pg_cron launcher'
  ) AS launcher_start,
  pg_catalog.row_security_active('cron.job') AS sees_own_only,
  (SELECT setting::integer FROM pg_catalog.pg_settings WHERE name = 'cron.max_running_jobs') AS max_running_jobs,
  CURRENT_USER::text AS role
