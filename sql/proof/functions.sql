-- The functions a name may stand for, with what they run: the system's and those of extensions have no body here.
SELECT
  p.oid::bigint,
  n.nspname::text,
  p.proname::text,
  l.lanname::text,
  l.lanpltrusted OR l.lanname = 'internal' OR (l.lanname = 'c' AND (e.extname IS NOT NULL OR n.nspname = 'pg_catalog')),
  e.extname::text,
  CASE WHEN l.lanname = 'plpgsql' AND e.extname IS NULL AND n.nspname <> 'pg_catalog'
    THEN pg_catalog.pg_get_functiondef(p.oid) END,
  CASE WHEN l.lanname = 'sql' AND e.extname IS NULL AND n.nspname <> 'pg_catalog'
    THEN coalesce(nullif(p.prosrc, ''), pg_catalog.pg_get_function_sqlbody(p.oid)) END
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
LEFT JOIN pg_catalog.pg_depend AS d
  ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
LEFT JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
WHERE p.prokind IN ('f', 'p')
  AND (p.oid = ANY (%(oids)s::oid[]) OR (
    p.proname = %(name)s
    AND n.nspname <> 'pg_catalog'
    AND CASE WHEN %(schema)s::text IS NULL THEN n.nspname = ANY (%(path)s) ELSE n.nspname = %(schema)s END
  ))
ORDER BY p.oid
