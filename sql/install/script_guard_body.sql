-- A script's first act in each database: is it the one the plan was made for, and is no other installer at work.
BEGIN
  IF (pg_catalog.pg_control_system()).system_identifier::text <> {system}
    OR (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) <> {oid}
  THEN
    RAISE EXCEPTION 'this script was made for another server or database; nothing was changed here';
  END IF;
  PERFORM pg_catalog.set_config('lock_timeout', '10s', true), pg_catalog.pg_advisory_xact_lock(1668443758, 1);
END
