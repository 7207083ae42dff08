-- The schema, where there is none yet; the mark is looked at elsewhere.
BEGIN
  IF pg_catalog.to_regnamespace('cronlift') IS NULL THEN
    {schema};
  END IF;
END
