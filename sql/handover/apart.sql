-- Keeps runs of one job apart, as its overlap policy says; false where this one is not to run. The number spells "cron"
-- plus one.
CREATE OR REPLACE FUNCTION cronlift.apart(gate cronlift.gate, patient boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $apart$
BEGIN
  IF gate.overlap = 'allow' THEN
    RETURN true;
  ELSIF gate.overlap = 'queue' AND patient THEN
    PERFORM pg_advisory_lock(1668443759, hashtext(gate.job));
    RETURN true;
  END IF;
  RETURN pg_try_advisory_lock(1668443759, hashtext(gate.job));
END
$apart$;
