-- Whether this database carries the disposable mark: a setting of the database itself (no role), exactly 'yes'.
SELECT EXISTS (
  SELECT
  FROM pg_catalog.pg_db_role_setting AS s
  JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
  WHERE d.datname = pg_catalog.current_database()
    AND s.setrole = 0
    AND 'cronlift.disposable=yes' = ANY (s.setconfig)
)
