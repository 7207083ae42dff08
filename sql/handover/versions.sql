-- The jobs of this database that pg_cron runs, each with what was planned for it.
SELECT g.job, g.plan_hash
FROM cronlift.gate AS g
WHERE g.state IN ('started', 'completed', 'paused') AND cronlift.here(g.system_identifier, g.database)
ORDER BY g.job
