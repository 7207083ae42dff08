-- After UPDATE: an update that leaves alone what the job looks at marks nothing.
CREATE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $mark$
BEGIN
  IF EXISTS (SELECT ROW({columns})::text FROM changed_rows AS r EXCEPT ALL SELECT ROW({columns})::text FROM old_rows AS r) THEN
    INSERT INTO cronlift_realtime.mark (job, due_at)
    SELECT {job}, {due} FROM changed_rows AS r HAVING {due} IS NOT NULL;
  END IF;
  RETURN NULL;
END
$mark$
