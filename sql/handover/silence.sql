-- Flattened entries ask no gate: of a copy's, those of the names %(names)s in %(database)s become inactive.
SELECT cron.alter_job(j.jobid, active := false)
FROM cron.job AS j
WHERE j.database = %(database)s AND j.jobname = ANY (%(names)s) AND j.active
