-- Who the server is, and the database it is asked in. pg_control_system() may be called by everybody.
SELECT
  (pg_catalog.pg_control_system()).system_identifier::text AS system_identifier,
  pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) AS server_version,
  d.datname::text AS database,
  d.oid::bigint AS database_oid,
  CURRENT_USER::text AS session_role,
  s.rolsuper AS is_superuser,
  o.rolname::text AS owner,
  o.rolcanlogin AS owner_can_login
FROM pg_catalog.pg_database AS d
JOIN pg_catalog.pg_roles AS o ON o.oid = d.datdba
JOIN pg_catalog.pg_roles AS s ON s.rolname = CURRENT_USER
WHERE d.datname = pg_catalog.current_database()
