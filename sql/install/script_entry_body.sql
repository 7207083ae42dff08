-- The body of script_entry. Names are unique per owner: several entries may have one.
DECLARE
  actual jsonb;
  present boolean := FALSE;
BEGIN
  FOR actual IN SELECT there.facts FROM (
{facts}
  ) AS there LOOP
    present := TRUE;
    IF actual <> planned THEN
      RAISE EXCEPTION '% is not the cron entry cronlift planned; nothing was changed here', in_name
        USING DETAIL = pg_temp.cronlift_difference(planned, actual);
    END IF;
  END LOOP;
  RETURN present;
END
