-- Every cron entry of a planned name, whoever owns it (without superuser rights: one's own). Whether it is for this
-- very server is known by the port, since background workers leave the node's name at localhost.
SELECT
  pg_catalog.jsonb_build_object(
    'schedule', j.schedule,
    'command', j.command,
    'database', j.database,
    'owner', j.username,
    'server', CASE WHEN j.nodeport = pg_catalog.current_setting('port')::integer THEN 'this one' ELSE 'another' END
  ) AS facts,
  j.active
FROM cron.job AS j
WHERE j.jobname = {name}
ORDER BY j.jobid
