-- After INSERT (and DELETE, for a view): a statement that changed no row marks nothing.
CREATE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $mark$
BEGIN
  INSERT INTO cronlift_realtime.mark (job, due_at)
  SELECT {job}, {due} FROM {rows} AS r HAVING count(*) > 0 AND {due} IS NOT NULL;
  RETURN NULL;
END
$mark$
