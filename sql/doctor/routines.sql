-- The functions and procedures that a call of so many arguments could mean, in the given path or schema. A procedure's
-- call names its OUT arguments too. may_execute is the role's, schema USAGE included.
SELECT
  w.position::integer AS position,
  p.oid::bigint AS oid,
  n.nspname::text AS schema,
  p.proname::text AS name,
  p.prokind::text AS kind,
  l.lanname::text AS language,
  COALESCE(p.prosrc, '') AS body,
  p.prosqlbody IS NOT NULL AS sql_body,
  COALESCE(p.proconfig, ARRAY[]::text[]) AS settings,
  p.prosecdef AS security_definer,
  pg_catalog.pg_get_userbyid(p.proowner)::text AS owner,
  pg_catalog.has_function_privilege(%(role)s, p.oid, 'EXECUTE')
    AND pg_catalog.has_schema_privilege(%(role)s, n.oid, 'USAGE') AS may_execute,
  n.nspname = 'pg_catalog' OR EXISTS (
    SELECT
    FROM pg_catalog.pg_depend AS x
    WHERE x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND x.objid = p.oid AND x.deptype = 'e'
  ) AS from_extension,
  pg_catalog.pg_get_function_identity_arguments(p.oid) AS signature
FROM ROWS FROM (
  pg_catalog.unnest(%(schemas)s::text[]), pg_catalog.unnest(%(names)s::text[]),
  pg_catalog.unnest(%(arguments)s::integer[]), pg_catalog.unnest(%(procedures)s::boolean[])
) WITH ORDINALITY AS w (schema, name, arguments, procedure, position)
JOIN pg_catalog.pg_proc AS p ON p.proname = w.name
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE CASE WHEN w.schema = '' THEN n.nspname = ANY (%(path)s::text[]) ELSE n.nspname = w.schema END
  AND (p.prokind = 'p') = w.procedure
  AND CASE WHEN p.prokind = 'p' THEN COALESCE(pg_catalog.cardinality(p.proallargtypes), p.pronargs)
    ELSE p.pronargs END >= w.arguments - CASE WHEN p.provariadic <> 0 THEN w.arguments ELSE 0 END
  AND p.pronargs - p.pronargdefaults - CASE WHEN p.provariadic <> 0 THEN 1 ELSE 0 END <= w.arguments
ORDER BY w.position, pg_catalog.array_position(%(path)s::text[], n.nspname::text), p.oid
