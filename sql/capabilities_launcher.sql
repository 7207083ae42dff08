-- Whether pg_cron's launcher runs: TRUE or FALSE, and NULL where this role may not see other sessions' kind.
SELECT CASE
  WHEN pg_catalog.count(*) FILTER (WHERE backend_type = 'pg_cron launcher') > 0 THEN TRUE
  WHEN pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') THEN FALSE
END AS launcher_alive
FROM pg_catalog.pg_stat_activity
