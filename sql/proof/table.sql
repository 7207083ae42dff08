-- What a name stands for: the relation, its kind, its definition where it is a view.
SELECT
  c.oid::bigint,
  n.nspname::text,
  c.relname::text,
  c.relkind::text,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%(name)s)
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
