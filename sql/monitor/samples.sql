-- Runs of the given numbers: when each was last written (its end, as recorded), and how many transactions ago.
SELECT COALESCE(end_time, start_time) AS at, pg_catalog.age(xmin) AS age
FROM cron.job_run_details
WHERE runid = ANY (%(ids)s) AND COALESCE(end_time, start_time) IS NOT NULL
