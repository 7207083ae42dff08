-- For a script: whether the job's row is there to be removed; an error where pg_cron owns the job.
SELECT pg_temp.cronlift_closed({job}) AS present
