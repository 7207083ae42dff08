-- Where in this database a name exists: relations or routines of that name, and of close ones.
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%%' AND n.nspname <> 'information_schema'
  AND c.relkind IN ('r', 'v', 'm', 'p', 'f', 'i', 'S')
UNION ALL
SELECT n.nspname::text, p.proname || '()'
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname NOT LIKE 'pg\_%%' AND n.nspname <> 'information_schema'
LIMIT 20000
