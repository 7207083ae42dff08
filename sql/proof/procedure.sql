-- A procedure without arguments: its number, its definition as SQL, and its language; no row where there is none.
SELECT p.oid::bigint, pg_catalog.pg_get_functiondef(p.oid), l.lanname::text
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE n.nspname = %(schema)s AND p.proname = %(name)s AND p.pronargs = 0 AND p.prokind = 'p'
