-- Everything the superuser made in this database, extensions left out, becomes the application's role's.
DO $give$
DECLARE
  statement text;
BEGIN
  FOR statement IN
    SELECT pg_catalog.format('ALTER SCHEMA %%I OWNER TO %%I', n.nspname, %(owner)s)
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspowner = current_user::regrole
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = n.oid AND d.deptype = 'e')
    UNION ALL
    SELECT pg_catalog.format(
      'ALTER %%s %%s OWNER TO %%I',
      CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
        WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
      c.oid::regclass, %(owner)s)
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relowner = current_user::regrole
      AND NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'e', 'i')
      )
    UNION ALL
    SELECT pg_catalog.format('ALTER ROUTINE %%s OWNER TO %%I', p.oid::regprocedure, %(owner)s)
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.proowner = current_user::regrole
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT pg_catalog.format('ALTER TYPE %%s OWNER TO %%I', t.oid::regtype, %(owner)s)
    FROM pg_catalog.pg_type AS t
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND t.typowner = current_user::regrole
      AND t.typtype IN ('e', 'd', 'r', 'c')
      AND (t.typtype <> 'c' OR EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = t.oid AND d.deptype = 'e')
  LOOP
    EXECUTE statement;
  END LOOP;
END
$give$
