-- The body of script_closed_function.
DECLARE
  there record;
BEGIN
  IF pg_catalog.to_regclass('cronlift.gate') IS NULL THEN
    RETURN false;
  END IF;
  SELECT g.state, g.pg_until INTO there FROM cronlift.gate AS g WHERE g.job = in_job;
  IF there.state NOT IN ('shut', 'disarmed')
    AND NOT (there.state = 'rolled_back' AND there.pg_until <= pg_catalog.clock_timestamp())
  THEN
    RAISE EXCEPTION 'pg_cron owns job %: give it back first (cronlift jobs rollback); nothing was changed here', in_job;
  END IF;
  RETURN there.state IS NOT NULL;
END
