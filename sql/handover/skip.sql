-- Logs that a run was left out, and why; a tick that somebody has is not logged again.
CREATE OR REPLACE FUNCTION cronlift.skip(gate cronlift.gate, tick timestamptz, cause text, why text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $skip$
INSERT INTO cronlift.run_log (job, tick, cause, state, ended_at, message, plan_hash)
VALUES ((gate).job, skip.tick, skip.cause, 'skipped', clock_timestamp(), why, (gate).plan_hash)
ON CONFLICT DO NOTHING
$skip$;
