-- Whether pg_cron owns a tick of a job in this database.
CREATE OR REPLACE FUNCTION cronlift.owns(gate cronlift.gate, tick timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $owns$
SELECT coalesce(
  (gate).state IN ('started', 'completed', 'paused', 'rolled_back')
  AND (gate).pg_from <= tick AND ((gate).pg_until IS NULL OR tick < (gate).pg_until)
  AND cronlift.here((gate).system_identifier, (gate).database), false)
$owns$;
