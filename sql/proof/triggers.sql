-- The functions that fire by themselves when the table (or a partition of it) is written.
SELECT DISTINCT g.tgfoid::bigint
FROM pg_catalog.pg_trigger AS g
WHERE NOT g.tgisinternal
  AND g.tgrelid IN (
    SELECT %(oid)s::oid
    UNION ALL
    SELECT relid FROM pg_catalog.pg_partition_tree(%(oid)s::oid::regclass) WHERE relid IS NOT NULL
  )
ORDER BY 1
