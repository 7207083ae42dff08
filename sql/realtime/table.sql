-- One table as triggers and a change stream see it.
SELECT
  c.oid::bigint,
  n.nspname,
  c.relname,
  c.relkind::text,
  c.relpersistence::text,
  EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE c.oid IN (i.inhparent, i.inhrelid)),
  '{}'::text[]
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid
WHERE c.oid = %(oid)s
