-- The body of script_gate.
DECLARE
  actual jsonb;
BEGIN
  IF pg_catalog.to_regclass('cronlift.gate') IS NULL THEN
    RETURN false;
  END IF;
  SELECT there.facts INTO actual FROM (
{facts}
  ) AS there;
  IF actual <> planned THEN
    RAISE EXCEPTION 'the gate of job % is not as planned; nothing was changed here', in_job
      USING DETAIL = pg_temp.cronlift_difference(planned, actual);
  END IF;
  RETURN actual IS NOT NULL;
END
