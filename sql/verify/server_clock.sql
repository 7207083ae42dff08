-- The server's clock, which decides when pg_cron fires, and whether pg_cron records runs.
SELECT
  pg_catalog.clock_timestamp(),
  (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.log_run') IS DISTINCT FROM 'off'
