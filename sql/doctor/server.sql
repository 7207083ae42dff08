-- The server as the doctor needs it. NULL where this role may not see (unknown is not "off").
SELECT
  d.datname::text AS database,
  d.oid::bigint AS database_oid,
  pg_catalog.current_setting('server_version_num')::integer AS version_num,
  e.extversion AS extension_version,
  n.nspname::text AS extension_schema,
  s.rolsuper AS superuser,
  pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE') AS settings_readable,
  pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS stats_readable,
  pg_catalog.pg_is_in_recovery() AS in_recovery,
  EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'cron.database_name') AS library_loaded,
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.database_name') AS cron_database,
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.timezone') AS cron_timezone,
  CASE WHEN pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE') OR e.extversion ~ '^1\.[0-4](\D|$)'
    THEN pg_catalog.current_setting('cron.timezone', TRUE) -- a real setting from 1.5 on, for superusers only
  END AS cron_timezone_placeholder,
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.use_background_workers') AS background_workers,
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.launch_active_jobs') AS launch_active_jobs,
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.log_run') AS log_run,
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.host') AS host,
  EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE backend_type = 'pg_cron launcher') AS launcher_seen
FROM pg_catalog.pg_database AS d
JOIN pg_catalog.pg_roles AS s ON s.rolname = CURRENT_USER
LEFT JOIN pg_catalog.pg_extension AS e ON e.extname = 'pg_cron'
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
WHERE d.datname = pg_catalog.current_database()
