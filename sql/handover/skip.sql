-- Logs that a run was left out, and why, and with it what follows it; a tick that somebody has is not logged again. What
-- follows a paused job runs by itself.
CREATE OR REPLACE FUNCTION cronlift.skip(gate cronlift.gate, tick timestamptz, cause text, why text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $skip$
BEGIN
  INSERT INTO cronlift.run_log (job, tick, cause, state, ended_at, message, plan_hash)
  VALUES (gate.job, skip.tick, skip.cause, 'skipped', clock_timestamp(), why, gate.plan_hash)
  ON CONFLICT DO NOTHING;
  IF FOUND AND skip.tick IS NOT NULL AND gate.state <> 'paused' THEN
    PERFORM cronlift.skip_behind(gate, skip.tick);
  END IF;
END
$skip$;
