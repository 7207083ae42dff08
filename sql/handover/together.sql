-- Lets the next run of the job in.
CREATE OR REPLACE FUNCTION cronlift.together(gate cronlift.gate) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $together$
BEGIN
  IF gate.overlap <> 'allow' THEN
    PERFORM pg_advisory_unlock(1668443759, hashtext(gate.job));
  END IF;
END
$together$;
