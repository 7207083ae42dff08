-- A procedure without arguments by the name a person typed, with its owner, who is taken for the role that runs it.
SELECT n.nspname::text, p.proname::text, pg_catalog.pg_get_userbyid(p.proowner)::text
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prokind = 'p'
  AND p.pronargs = 0
  AND CASE WHEN %(schema)s::text IS NULL THEN n.nspname = ANY (%(path)s) ELSE n.nspname = %(schema)s END
  AND p.proname = %(name)s
ORDER BY pg_catalog.array_position(%(path)s, n.nspname::text)
LIMIT 1
