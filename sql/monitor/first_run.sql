-- The first run, by number, from %(from)s on whose start is known: numbers rise with time (cron.runid_seq).
SELECT runid, start_time
FROM cron.job_run_details
WHERE runid >= %(from)s AND start_time IS NOT NULL
ORDER BY runid
LIMIT 1
