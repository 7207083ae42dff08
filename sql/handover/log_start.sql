-- Logs that a run starts; NULL where its tick is taken. The lock on the run's number says that it is alive: it goes with
-- the session, however that ends.
CREATE OR REPLACE FUNCTION cronlift.log_start(
  gate cronlift.gate, tick timestamptz, cause text, attempt integer
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $log_start$
DECLARE
  run bigint;
BEGIN
  INSERT INTO cronlift.run_log (job, tick, attempt, cause, state, plan_hash)
  VALUES (gate.job, log_start.tick, log_start.attempt, log_start.cause, 'running', gate.plan_hash)
  ON CONFLICT DO NOTHING
  RETURNING id INTO run;
  IF run IS NOT NULL THEN
    PERFORM pg_advisory_lock(1668443760, (run % 2147483648)::integer);
  END IF;
  RETURN run;
END
$log_start$;
