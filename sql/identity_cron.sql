-- What this database says of pg_cron: the extension's version, and whether its settings may be read at all.
-- settings_readable FALSE: superuser-only settings are hidden from this role (unknown is not "off").
-- library_loaded: pg_settings lists a setting only where a library defines it, so that a placeholder somebody
-- typed (cron.timezone on pg_cron before 1.5 is one: accepted everywhere, used nowhere) does not count.
SELECT
  d.datname::text AS database,
  d.oid::bigint AS database_oid,
  e.extversion AS version,
  pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE') AS settings_readable,
  EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'cron.database_name') AS library_loaded,
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.timezone') AS timezone,
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.use_background_workers') AS background_workers,
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.max_running_jobs') AS max_running_jobs,
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.host') AS host
FROM pg_catalog.pg_database AS d
LEFT JOIN pg_catalog.pg_extension AS e ON e.extname = 'pg_cron'
WHERE d.datname = pg_catalog.current_database()
