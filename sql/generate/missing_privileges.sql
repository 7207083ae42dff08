-- Of the wanted acts on relations, those the role may not do, and the GRANT that lets it. OWNER stands for commands that
-- need ownership (REFRESH, VACUUM, REINDEX, …: manual, 5.7 Privileges).
SELECT DISTINCT
  wanted.privilege,
  c.oid::regclass::text,
  CASE wanted.privilege
    WHEN 'OWNER' THEN pg_catalog.format('GRANT %%I TO %%I;', pg_catalog.pg_get_userbyid(c.relowner), %(role)s::text)
    ELSE pg_catalog.format('GRANT %%s ON %%I.%%I TO %%I;', wanted.privilege, n.nspname, c.relname, %(role)s::text)
  END
FROM unnest(%(relations)s::oid[], %(privileges)s::text[]) AS wanted (relation, privilege)
JOIN pg_catalog.pg_class AS c ON c.oid = wanted.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT CASE
  WHEN wanted.privilege = 'OWNER' THEN pg_catalog.pg_has_role(%(role)s::text, c.relowner, 'USAGE')
  WHEN wanted.privilege IN ('DELETE', 'TRUNCATE')
    THEN pg_catalog.has_table_privilege(%(role)s::text, c.oid, wanted.privilege)
  ELSE pg_catalog.has_any_column_privilege(%(role)s::text, c.oid, wanted.privilege)
END
UNION ALL
SELECT
  'USAGE',
  'schema ' || quote_ident(n.nspname),
  pg_catalog.format('GRANT USAGE ON SCHEMA %%I TO %%I;', n.nspname, %(role)s::text)
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = ANY (%(schemas)s) AND NOT pg_catalog.has_schema_privilege(%(role)s::text, n.oid, 'USAGE')
UNION ALL
SELECT
  'EXECUTE',
  p.oid::regprocedure::text,
  pg_catalog.format(
    'GRANT EXECUTE ON ROUTINE %%I.%%I(%%s) TO %%I;', n.nspname, p.proname,
    pg_catalog.pg_get_function_identity_arguments(p.oid), %(role)s::text
  )
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.oid = ANY (%(functions)s::oid[]) AND NOT pg_catalog.has_function_privilege(%(role)s::text, p.oid, 'EXECUTE')
UNION ALL
SELECT
  'CONNECT',
  'database ' || quote_ident(current_database()),
  pg_catalog.format('GRANT CONNECT ON DATABASE %%I TO %%I;', current_database(), %(role)s::text)
WHERE NOT pg_catalog.has_database_privilege(%(role)s::text, current_database(), 'CONNECT')
ORDER BY 1, 2
