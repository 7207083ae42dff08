-- What the connected role must be able to do in the application's database to create (or, with %(way)s 'rollback', to
-- drop) procedures in %(schemas)s for the roles %(owners)s. Superusers hold everything.
SELECT
  pg_catalog.format('%%s on schema %%s', p.privilege, n.nspname) AS name,
  pg_catalog.has_schema_privilege(n.oid, p.privilege) AS held,
  pg_catalog.format('GRANT %%s ON SCHEMA %%I TO %%I;', p.privilege, n.nspname, CURRENT_USER) AS grant_text,
  'PostgreSQL manual, CREATE PROCEDURE and 5.7 Privileges' AS source
FROM pg_catalog.pg_namespace AS n
CROSS JOIN (VALUES ('USAGE'), ('CREATE')) AS p (privilege)
WHERE n.nspname = ANY (%(schemas)s) AND (%(way)s = 'install' OR p.privilege = 'USAGE')
UNION ALL
SELECT
  pg_catalog.format('membership in role %%s, which owns the procedures', r.rolname),
  pg_catalog.pg_has_role(r.oid, 'USAGE'),
  pg_catalog.format('GRANT %%I TO %%I;', r.rolname, CURRENT_USER),
  'PostgreSQL manual, ALTER PROCEDURE (OWNER TO) and DROP PROCEDURE'
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = ANY (%(owners)s)
UNION ALL
SELECT
  pg_catalog.format('CREATE on schema %%s for role %%s, which is to own the procedures', n.nspname, r.rolname),
  pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE')
  OR (SELECT me.rolsuper FROM pg_catalog.pg_roles AS me WHERE me.rolname = CURRENT_USER),
  pg_catalog.format('GRANT CREATE ON SCHEMA %%I TO %%I;', n.nspname, r.rolname),
  'PostgreSQL manual, ALTER PROCEDURE (OWNER TO)'
FROM pg_catalog.pg_namespace AS n
CROSS JOIN pg_catalog.pg_roles AS r
WHERE n.nspname = ANY (%(schemas)s) AND r.rolname = ANY (%(owners)s) AND r.rolname <> CURRENT_USER AND %(way)s = 'install'
