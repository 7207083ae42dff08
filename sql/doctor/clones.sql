-- Whether this database carries a copy of cron.job (a clone of pg_cron's database does).
SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pg_cron')
