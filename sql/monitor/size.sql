-- How large a table is: its rows (counted up to 100,000, else the planner's estimate) and bytes, indexes included.
SELECT
  CASE WHEN c.reltuples > 100000 THEN c.reltuples::bigint ELSE
    (SELECT pg_catalog.count(*) FROM (SELECT FROM {table} LIMIT 2000000) AS counted)
  END AS rows,
  pg_catalog.pg_total_relation_size(c.oid) AS bytes
FROM pg_catalog.pg_class AS c
WHERE c.oid = pg_catalog.to_regclass(%(name)s)
