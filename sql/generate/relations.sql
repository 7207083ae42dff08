-- What each name stands for under this transaction's search_path. A unique index counts as usable for
-- REFRESH MATERIALIZED VIEW CONCURRENTLY as in is_usable_unique_index() of matview.c.
SELECT
  wanted.position::integer,
  c.oid,
  n.nspname,
  pg_catalog.pg_get_userbyid(c.relowner),
  c.relispopulated,
  EXISTS (
    SELECT
    FROM pg_catalog.pg_index AS i
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid
      AND i.indpred IS NULL AND 0 <> ALL (i.indkey::smallint[])
  ),
  c.relrowsecurity,
  c.relforcerowsecurity
FROM unnest(%(schemas)s::text[], %(names)s::text[]) WITH ORDINALITY AS wanted (schema, name, position)
JOIN pg_catalog.pg_class AS c
  ON c.oid = pg_catalog.to_regclass(concat_ws('.', quote_ident(wanted.schema), quote_ident(wanted.name)))
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY wanted.position
