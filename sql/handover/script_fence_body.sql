-- The body of script_fence.
DECLARE
  actual jsonb;
BEGIN
  SELECT there.facts INTO actual FROM (
{facts}
  ) AS there;
  IF actual <> planned THEN
    RAISE EXCEPTION 'the fence on % is not as planned; nothing was changed here', in_relation
      USING DETAIL = pg_temp.cronlift_difference(planned, actual);
  END IF;
  RETURN actual IS NOT NULL;
END
