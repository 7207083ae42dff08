-- The tables that foreign keys write when a row of this one is deleted or its key changed (CASCADE, SET NULL, SET
-- DEFAULT).
SELECT DISTINCT n.nspname::text, c.relname::text
FROM pg_catalog.pg_constraint AS f
JOIN pg_catalog.pg_class AS c ON c.oid = f.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE f.contype = 'f'
  AND f.confrelid = %(oid)s::oid
  AND (f.confdeltype IN ('c', 'n', 'd') OR f.confupdtype IN ('c', 'n', 'd'))
ORDER BY 1, 2
