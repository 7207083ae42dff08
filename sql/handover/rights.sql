-- What the connected role must be able to do in the application's database to make schema cronlift (with %(schema)s), to
-- read and write the gate, and to fence the tables %(relations)s. Superusers hold everything.
SELECT
  'membership in role cronlift_owner, which owns the gate' AS name,
  me.rolsuper OR coalesce(pg_catalog.pg_has_role(owner.oid, 'USAGE'), false) AS held,
  CASE WHEN owner.oid IS NULL THEN 'CREATE ROLE cronlift_owner NOLOGIN; ' ELSE '' END
  || pg_catalog.format('GRANT cronlift_owner TO %%I;', CURRENT_USER) AS grant_text,
  'PostgreSQL manual, CREATE SCHEMA (AUTHORIZATION) and SET ROLE' AS source
FROM pg_catalog.pg_roles AS me
LEFT JOIN pg_catalog.pg_roles AS owner ON owner.rolname = 'cronlift_owner'
WHERE me.rolname = CURRENT_USER
UNION ALL
SELECT
  'CREATE on database ' || pg_catalog.current_database(),
  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
  pg_catalog.format('GRANT CREATE ON DATABASE %%I TO %%I;', pg_catalog.current_database(), CURRENT_USER),
  'PostgreSQL manual, CREATE SCHEMA'
WHERE %(schema)s AND pg_catalog.to_regnamespace('cronlift') IS NULL
UNION ALL
SELECT
  'TRIGGER on ' || relation.name,
  pg_catalog.has_table_privilege(pg_catalog.to_regclass(relation.name), 'TRIGGER'),
  pg_catalog.format('GRANT TRIGGER ON %%s TO %%I;', relation.name, CURRENT_USER),
  'PostgreSQL manual, CREATE TRIGGER (only the table''s owner can drop it again: cronlift jobs fence-remove)'
FROM pg_catalog.unnest(%(relations)s::text[]) AS relation (name)
WHERE pg_catalog.to_regclass(relation.name) IS NOT NULL
