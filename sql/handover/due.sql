-- The job's latest tick that is not after an instant: the expression's, the guard asked. NULL where the last 1500
-- firings were none.
CREATE OR REPLACE FUNCTION cronlift.due(gate cronlift.gate, at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $due$
DECLARE
  tick timestamptz := at;
BEGIN
  FOR back IN 1 .. CASE WHEN gate.guard IS NULL THEN 1 ELSE 1500 END LOOP
    tick := cronlift.tick(gate.schedule, tick, gate.timezone);
    IF tick IS NULL OR cronlift.is_due(gate.guard, tick) THEN
      RETURN tick;
    END IF;
    tick := tick - interval '1 minute';
  END LOOP;
  RETURN NULL;
END
$due$;
