-- The tables a materialized view reads directly, each with its kind, whether it has children or is one, whether its
-- changes are logged, and the columns the view's query uses.
SELECT
  c.oid::bigint,
  n.nspname,
  c.relname,
  c.relkind::text,
  c.relpersistence::text,
  EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE c.oid IN (i.inhparent, i.inhrelid)),
  coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}')
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
JOIN pg_catalog.pg_class AS c ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
WHERE r.ev_class = %(oid)s AND c.oid <> r.ev_class
GROUP BY c.oid, n.nspname, c.relname, c.relkind, c.relpersistence
ORDER BY n.nspname, c.relname
