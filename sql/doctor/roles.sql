-- The roles entries run as, and whether each may connect to the databases its entries name.
SELECT
  w.username,
  w.database,
  r.oid IS NOT NULL AS role_exists,
  COALESCE(r.rolcanlogin, FALSE) AS can_login,
  COALESCE(r.rolsuper, FALSE) AS superuser,
  COALESCE(r.rolconnlimit, -1) AS connection_limit,
  r.oid = 10 AS bootstrap,
  d.oid IS NOT NULL AS database_exists,
  COALESCE(d.datallowconn, FALSE) AS allows_connections,
  CASE
    WHEN r.oid IS NOT NULL AND d.oid IS NOT NULL THEN pg_catalog.has_database_privilege(r.oid, d.oid, 'CONNECT')
  END AS may_connect
FROM (
  SELECT DISTINCT
    pg_catalog.unnest(%(usernames)s::text[]) AS username,
    pg_catalog.unnest(%(databases)s::text[]) AS database
) AS w
LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname = w.username
LEFT JOIN pg_catalog.pg_database AS d ON d.datname = w.database
