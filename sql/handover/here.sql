-- Whether this is the very database a gate was made for: a restored dump has another oid, a restored cluster made by
-- initdb another identifier. A physical copy has both, and cannot be told from a failover.
CREATE OR REPLACE FUNCTION cronlift.here(system_identifier bigint, database oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $here$
SELECT database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
  AND system_identifier = (SELECT c.system_identifier FROM pg_catalog.pg_control_system() AS c)
$here$;
