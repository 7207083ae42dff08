-- The statement that lets the connected role read the scheduler's table.
SELECT pg_catalog.format('GRANT SELECT ON %I.%I TO %I;', n.nspname, c.relname, CURRENT_USER)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass('oban_jobs')
