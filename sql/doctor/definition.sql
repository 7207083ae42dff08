-- A routine's whole CREATE text.
SELECT pg_catalog.pg_get_functiondef(%(oid)s::pg_catalog.oid)
