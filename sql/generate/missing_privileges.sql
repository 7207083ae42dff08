-- Of the wanted acts on relations, those the role may not do. OWNER stands for commands that need ownership
-- (REFRESH, VACUUM, REINDEX, …: manual, 5.7 Privileges).
SELECT DISTINCT wanted.privilege, c.oid::regclass::text
FROM unnest(%(relations)s::oid[], %(privileges)s::text[]) AS wanted (relation, privilege)
JOIN pg_catalog.pg_class AS c ON c.oid = wanted.relation
WHERE NOT CASE
  WHEN wanted.privilege = 'OWNER' THEN pg_catalog.pg_has_role(%(role)s, c.relowner, 'USAGE')
  WHEN wanted.privilege IN ('DELETE', 'TRUNCATE')
    THEN pg_catalog.has_table_privilege(%(role)s, c.oid, wanted.privilege)
  ELSE pg_catalog.has_any_column_privilege(%(role)s, c.oid, wanted.privilege)
END
UNION ALL
SELECT 'USAGE', 'schema ' || quote_ident(n.nspname)
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = ANY (%(schemas)s) AND NOT pg_catalog.has_schema_privilege(%(role)s, n.oid, 'USAGE')
UNION ALL
SELECT 'EXECUTE', p.oid::regprocedure::text
FROM pg_catalog.pg_proc AS p
WHERE p.oid = ANY (%(functions)s::oid[]) AND NOT pg_catalog.has_function_privilege(%(role)s, p.oid, 'EXECUTE')
UNION ALL
SELECT 'CONNECT', 'database ' || quote_ident(current_database())
WHERE NOT pg_catalog.has_database_privilege(%(role)s, current_database(), 'CONNECT')
ORDER BY 1, 2
