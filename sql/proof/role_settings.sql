-- The settings a session of this role in this database starts with: set for the role in the database, else for the
-- role, else for the database, else for all (manual, ALTER ROLE).
SELECT DISTINCT ON (c.name)
  c.name,
  pg_catalog.substr(c.setting, pg_catalog.length(c.name) + 2)
FROM pg_catalog.pg_db_role_setting AS s
CROSS JOIN LATERAL (
  SELECT pg_catalog.split_part(entry, '=', 1), entry
  FROM pg_catalog.unnest(s.setconfig) AS entry
) AS c (name, setting)
WHERE s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = %(role)s))
  AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = %(database)s))
  AND c.name NOT LIKE 'cronlift.%%'
ORDER BY c.name, s.setrole = 0, s.setdatabase = 0
