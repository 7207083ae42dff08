-- Whether a session holds the lock on the run's number (sql/handover/log_start.sql). Asked of single rows only: the list
-- of locks is made anew for each.
EXISTS (
  SELECT
  FROM pg_catalog.pg_locks AS k
  JOIN pg_catalog.pg_database AS b ON b.oid = k.database
  WHERE k.locktype = 'advisory' AND b.datname = pg_catalog.current_database() AND k.granted
    AND k.classid = 1668443760 AND k.objid = pg_catalog.mod(s.id, 2147483648)::oid AND k.objsubid = 2
)
