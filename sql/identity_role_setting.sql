-- The search_path that role %(role)s starts with in this database: set for the role in this database, else for the
-- role, else for the database (manual, ALTER ROLE), else the server's own; that one shows in pg_settings only to a
-- session that has none of its own, and PostgreSQL's default stands in for it otherwise.
SELECT COALESCE(
  (
    SELECT pg_catalog.substr(c.setting, pg_catalog.length('search_path=') + 1)
    FROM pg_catalog.pg_db_role_setting AS s
    CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (setting)
    WHERE c.setting LIKE 'search\_path=%%'
      AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = %(role)s))
      AND s.setdatabase IN (
        0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
      )
    ORDER BY s.setrole = 0, s.setdatabase = 0
    LIMIT 1
  ),
  (
    SELECT setting
    FROM pg_catalog.pg_settings
    WHERE name = 'search_path'
      AND source IN ('default', 'environment variable', 'configuration file', 'command line', 'global')
  ),
  '"$user", public'
) AS search_path
