-- The highest number of a run.
SELECT pg_catalog.max(runid) FROM cron.job_run_details
