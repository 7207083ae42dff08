-- Every cron entry of a planned name, whoever owns it (without superuser rights: one's own). Whether it is for this
-- very server is known by the port, since background workers leave the node's name at localhost.
SELECT
  schedule,
  command,
  database,
  username,
  nodeport = current_setting('port')::integer,
  active
FROM cron.job
WHERE jobname = %(name)s
ORDER BY jobid
