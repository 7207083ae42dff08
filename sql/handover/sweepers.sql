-- The sweepers of a database.
SELECT j.jobname, j.username
FROM cron.job AS j
WHERE j.database = %(database)s AND j.command = 'CALL cronlift.sweep()'
ORDER BY j.jobid
