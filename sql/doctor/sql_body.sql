-- A body written as BEGIN ATOMIC or RETURN, as text.
SELECT pg_catalog.pg_get_function_sqlbody(%(oid)s::pg_catalog.oid)
