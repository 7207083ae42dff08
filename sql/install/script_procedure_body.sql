-- The body of script_procedure.
DECLARE
  actual jsonb;
BEGIN
  SELECT there.facts INTO actual FROM (
{facts}
  ) AS there;
  IF actual <> planned THEN
    RAISE EXCEPTION '%.% is not the procedure cronlift planned; nothing was changed here', in_schema, in_name
      USING DETAIL = pg_temp.cronlift_difference(planned, actual);
  END IF;
  RETURN actual IS NOT NULL;
END
