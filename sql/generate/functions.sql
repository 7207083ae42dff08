-- Each function or procedure of the wanted names that this transaction's search_path (or the schema given with
-- the name) reaches, with its owner.
SELECT
  wanted.position::integer,
  n.nspname,
  pg_catalog.pg_get_userbyid(p.proowner),
  p.oid
FROM unnest(%(schemas)s::text[], %(names)s::text[]) WITH ORDINALITY AS wanted (schema, name, position)
JOIN pg_catalog.pg_proc AS p ON p.proname = wanted.name
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE CASE
  WHEN wanted.schema IS NULL THEN n.nspname = ANY (pg_catalog.current_schemas(true))
  ELSE n.nspname = wanted.schema
END
ORDER BY wanted.position, n.nspname, p.oid
