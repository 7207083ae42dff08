-- Schemas without USAGE for the connected role that hold a relation or routine of that name.
SELECT n.nspname, pg_catalog.format('GRANT USAGE ON SCHEMA %%I TO %%I;', n.nspname, CURRENT_USER)
FROM pg_catalog.pg_namespace AS n
WHERE NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND n.nspname !~ '^pg_'
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s::text)
  AND (
    EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = n.oid AND c.relname = %(name)s::text)
    OR EXISTS (SELECT FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = n.oid AND p.proname = %(name)s::text)
  )
ORDER BY n.nspname = 'public' DESC, n.nspname
