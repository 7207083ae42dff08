-- The job's row goes; one that is open stays.
DELETE FROM cronlift.gate
WHERE job = {job}
  AND (state IN ('shut', 'disarmed') OR (state = 'rolled_back' AND pg_until <= pg_catalog.clock_timestamp()))
