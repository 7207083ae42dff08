-- Whether the role may use the schema; no row where there is none.
SELECT pg_catalog.has_schema_privilege(%(role)s, n.oid, 'USAGE')
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = %(schema)s
