-- Attempts as the run log of managed jobs has them. alive: whether a session holds the lock on the run's number
-- (sql/handover/log_start.sql).
(
  SELECT
    l.job AS key,
    l.id,
    l.state,
    l.started_at,
    l.ended_at,
    l.rows,
    l.message,
    NULL::text AS command,
    EXISTS (
      SELECT
      FROM pg_catalog.pg_locks AS k
      JOIN pg_catalog.pg_database AS b ON b.oid = k.database
      WHERE k.locktype = 'advisory' AND b.datname = pg_catalog.current_database()
        AND k.classid = 1668443760 AND k.objid = pg_catalog.mod(l.id, 2147483648)::oid AND k.objsubid = 2 AND k.granted
    ) AS alive
  FROM cronlift.run_log AS l
)
