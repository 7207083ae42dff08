-- The application's queue tables (Oban's, one per prefix or instance), and whether each is partitioned by its state.
SELECT
  pg_catalog.format('%I.%I', n.nspname, c.relname) AS relation,
  c.relkind = 'p' AND EXISTS (
    SELECT
    FROM pg_catalog.pg_partitioned_table AS p
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (p.partattrs::smallint[])
    WHERE p.partrelid = c.oid AND a.attname = 'state'
  ) AS by_state
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_'
  AND (
    SELECT pg_catalog.count(*)
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attname IN ('id', 'state', 'queue', 'worker', 'args', 'meta', 'cancelled_at')
  ) = 7
ORDER BY 1
