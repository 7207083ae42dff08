-- What each wanted name stands for: the first schema of the given path that has it, or the schema given with it.
-- Rights are those of the role; a right on some columns counts. OWN is what an owner may (ANALYZE, REFRESH, …).
SELECT DISTINCT ON (w.position)
  w.position::integer AS position,
  c.oid::bigint AS oid,
  n.nspname::text AS schema,
  c.relname::text AS name,
  c.relkind::text AS kind,
  c.reltuples::double precision AS rows,
  c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint AS bytes,
  c.relispopulated AS populated,
  c.relpersistence = 'u' AS unlogged,
  pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
  EXISTS (
    SELECT
    FROM pg_catalog.pg_index AS i
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid
      AND i.indpred IS NULL AND 0 <> ALL (i.indkey::smallint[])
  ) AS unique_index,
  CASE WHEN c.relkind IN ('r', 'v', 'm', 'f', 'p') THEN
    ARRAY(
      SELECT p.privilege
      FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS p (privilege)
      WHERE pg_catalog.has_table_privilege(%(role)s, c.oid, p.privilege)
        OR pg_catalog.has_any_column_privilege(%(role)s, c.oid, p.privilege)
    ) || ARRAY(
      SELECT p.privilege
      FROM pg_catalog.unnest(ARRAY['DELETE', 'TRUNCATE']) AS p (privilege)
      WHERE pg_catalog.has_table_privilege(%(role)s, c.oid, p.privilege)
    )
  ELSE ARRAY[]::text[] END
  || CASE WHEN pg_catalog.pg_has_role(%(role)s, c.relowner, 'USAGE') THEN ARRAY['OWN', 'ALTER']
    ELSE ARRAY[]::text[] END
  || CASE WHEN pg_catalog.pg_has_role(%(role)s, d.datdba, 'USAGE') THEN ARRAY['DBA']
    ELSE ARRAY[]::text[] END AS rights,
  (
    SELECT pg_catalog.jsonb_object_agg(
      a.attname,
      pg_catalog.jsonb_build_array(
        pg_catalog.format_type(a.atttypid, NULL), a.attnotnull, pg_catalog.pg_get_expr(f.adbin, f.adrelid)
      )
    )
    FROM pg_catalog.pg_attribute AS a
    LEFT JOIN pg_catalog.pg_attrdef AS f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  ) AS columns
FROM ROWS FROM (
  pg_catalog.unnest(%(schemas)s::text[]), pg_catalog.unnest(%(names)s::text[])
) WITH ORDINALITY AS w (schema, name, position)
JOIN pg_catalog.pg_class AS c ON c.relname = w.name
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
WHERE CASE WHEN w.schema = '' THEN n.nspname = ANY (%(path)s::text[]) ELSE n.nspname = w.schema END
ORDER BY w.position, pg_catalog.array_position(%(path)s::text[], n.nspname::text)
