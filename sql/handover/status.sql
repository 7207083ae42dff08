-- Every job behind the gate: where it stands, how its runs went in the last day, what is to come, the latest hit,
-- and another version of it that pg_cron runs.
SELECT
  g.job, g.state, g.pg_from, g.pg_until, g.flat,
  cronlift.here(g.system_identifier, g.database) AS here,
  (SELECT count(*) FROM cronlift.run_log AS l
   WHERE l.job = g.job AND l.state = 'succeeded' AND l.started_at > now() - interval '1 day'),
  (SELECT count(*) FROM cronlift.run_log AS l
   WHERE l.job = g.job AND l.state = 'failed' AND l.started_at > now() - interval '1 day'),
  (SELECT count(*) FROM cronlift.run_log AS l WHERE l.job = g.job AND l.state = 'running'),
  (SELECT count(*) FROM cronlift.retry AS r WHERE r.job = g.job),
  (SELECT max(coalesce(h.tick, h.began)) FROM cronlift.fence_hit AS h WHERE h.job = g.job),
  (SELECT min(n.job) FROM cronlift.gate AS n
   WHERE n.job <> g.job AND n.state IN ('started', 'completed', 'paused')
     AND regexp_replace(n.job, '@v\d+$', '') = regexp_replace(g.job, '@v\d+$', ''))
FROM cronlift.gate AS g
ORDER BY g.job
