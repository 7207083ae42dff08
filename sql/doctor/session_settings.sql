-- What a session of the role starts with in this database, by setting: set for the role in this database, else for
-- the role, else for the database, else for all (manual, ALTER ROLE). The server's own value stands in where nothing
-- is set, and where this session shows it (a value that this session's own role brought along is not the server's).
WITH own AS (
  SELECT DISTINCT ON (1)
    pg_catalog.lower(pg_catalog.split_part(c.setting, '=', 1)) AS name,
    pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') + 1) AS value
  FROM pg_catalog.pg_db_role_setting AS s
  CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (setting)
  WHERE s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = %(role)s))
    AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
  ORDER BY 1, s.setrole = 0, s.setdatabase = 0
)
SELECT name, value FROM own
UNION ALL
SELECT pg_catalog.lower(g.name), g.reset_val
FROM pg_catalog.pg_settings AS g
WHERE g.name IN ('search_path', 'TimeZone', 'lock_timeout', 'statement_timeout', 'default_transaction_read_only')
  AND g.source IN ('default', 'environment variable', 'configuration file', 'command line', 'global', 'session')
  AND pg_catalog.lower(g.name) NOT IN (SELECT name FROM own)
