-- What this transaction has written so far, relation by relation: rows (attempted ones too), and the strongest lock.
SELECT
  n.nspname::text,
  c.relname::text,
  coalesce(s.n_tup_ins, 0),
  coalesce(s.n_tup_upd, 0),
  coalesce(s.n_tup_del, 0),
  coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0),
  ARRAY(
    SELECT l.mode
    FROM pg_catalog.pg_locks AS l
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.relation = c.oid AND l.granted
      AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
    ORDER BY l.mode
  )
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_xact_user_tables AS s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
