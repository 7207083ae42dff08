-- How much history there is (an estimate where the table is large) and since when.
SELECT
  GREATEST(
    c.reltuples::bigint,
    (SELECT pg_catalog.count(*) FROM (SELECT FROM cron.job_run_details LIMIT 100001) AS recent)
  ) AS rows,
  (SELECT d.start_time FROM cron.job_run_details AS d WHERE d.start_time IS NOT NULL ORDER BY d.runid LIMIT 1) AS oldest,
  pg_catalog.now() AS now
FROM pg_catalog.pg_class AS c
WHERE c.oid = 'cron.job_run_details'::pg_catalog.regclass
