-- What cronlift has in this database: the schema of managed jobs (whether this role may read it), and the procedures that
-- carry its mark.
SELECT
  pg_catalog.to_regnamespace('cronlift') IS NOT NULL AS managed,
  COALESCE((
    SELECT pg_catalog.bool_and(
      pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
    )
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'cronlift' AND c.relname IN ('gate', 'run_log', 'fence_hit', 'retry')
    HAVING pg_catalog.count(*) = 4
  ), FALSE) AS readable,
  ARRAY(
    SELECT pg_catalog.format('%%I.%%I', n.nspname, p.proname)
    FROM pg_catalog.pg_description AS d
    JOIN pg_catalog.pg_proc AS p ON p.oid = d.objoid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objsubid = 0 AND p.prokind = 'p'
      AND d.description ~ '^cronlift [0-9a-f]+ '
  ) AS procedures
