-- Attempts as the run log of managed jobs has them.
(
  SELECT job AS key, id, state, started_at, ended_at, rows, message, NULL::text AS command, pid
  FROM cronlift.run_log
)
