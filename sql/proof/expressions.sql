-- What runs by itself when a table (or a partition of it) is written or read: defaults and generated columns, checks
-- (those of the columns' domains, too), row-level security, rules, expressions in its indexes.
WITH family AS (
  SELECT %(oid)s::oid AS oid
  UNION
  SELECT relid FROM pg_catalog.pg_partition_tree(%(oid)s::oid::regclass) WHERE relid IS NOT NULL
)
SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef AS d WHERE d.adrelid IN (TABLE family)
UNION
SELECT pg_catalog.pg_get_expr(c.conbin, c.conrelid)
FROM pg_catalog.pg_constraint AS c
WHERE c.conrelid IN (TABLE family) AND c.contype = 'c'
UNION
SELECT pg_catalog.pg_get_expr(c.conbin, 0)
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_attribute AS a ON a.atttypid = c.contypid
WHERE a.attrelid IN (TABLE family) AND c.contype = 'c'
UNION
SELECT pg_catalog.pg_get_expr(p.polqual, p.polrelid) FROM pg_catalog.pg_policy AS p WHERE p.polrelid IN (TABLE family)
UNION
SELECT pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_catalog.pg_policy AS p
WHERE p.polrelid IN (TABLE family)
UNION
SELECT pg_catalog.pg_get_expr(i.indexprs, i.indrelid) FROM pg_catalog.pg_index AS i WHERE i.indrelid IN (TABLE family)
UNION
SELECT pg_catalog.pg_get_expr(i.indpred, i.indrelid) FROM pg_catalog.pg_index AS i WHERE i.indrelid IN (TABLE family)
