-- What this transaction has written so far, relation by relation: rows (attempted ones too), and the locks it holds
-- that let it write. Without one of those nothing is written (manual, 13.3), and they are held to the end.
SELECT
  n.nspname::text,
  c.relname::text,
  coalesce(s.n_tup_ins, 0),
  coalesce(s.n_tup_upd, 0),
  coalesce(s.n_tup_del, 0),
  coalesce(l.modes, '{}')
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_xact_user_tables AS s ON s.relid = c.oid
LEFT JOIN (
  SELECT relation, pg_catalog.array_agg(mode ORDER BY mode)
  FROM pg_catalog.pg_locks
  WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted
    AND mode NOT IN ('AccessShareLock', 'RowShareLock')
  GROUP BY relation
) AS l (relation, modes) ON l.relation = c.oid
WHERE c.relkind IN ('r', 'm')
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
  AND (s.n_tup_ins > 0 OR s.n_tup_upd > 0 OR s.n_tup_del > 0 OR l.modes IS NOT NULL)
