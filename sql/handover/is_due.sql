-- Whether a tick of the expression is one of the job's: the guard's answer, where there is one.
CREATE OR REPLACE FUNCTION cronlift.is_due(guard text, tick timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $is_due$
DECLARE
  due boolean := true;
BEGIN
  IF guard IS NOT NULL THEN
    EXECUTE 'SELECT ' || guard INTO due USING tick;
  END IF;
  RETURN due;
END
$is_due$;
