-- Whether this role sees every row of cron.job (row-level security shows others than superusers their own only).
SELECT NOT pg_catalog.row_security_active('cron.job'), CURRENT_USER::text
