-- The entry that keeps pg_cron's history short. Numbers of runs rise with time, and a run that could not connect has no
-- times: so it goes by the first number that is young enough. Row-level security lets a role delete the runs of its own
-- entries only.
DELETE FROM cron.job_run_details WHERE runid < (SELECT pg_catalog.min(runid) FROM cron.job_run_details WHERE start_time >= pg_catalog.now() - interval {keep})
