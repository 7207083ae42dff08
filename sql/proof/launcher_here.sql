-- Whether pg_cron's launcher sits in this database: then it is never free to be copied.
SELECT EXISTS (
  SELECT FROM pg_catalog.pg_stat_activity WHERE datname = %(database)s AND backend_type = 'pg_cron launcher'
)
