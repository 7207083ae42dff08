-- After TRUNCATE, which has no rows to look at.
CREATE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $mark$
BEGIN
  INSERT INTO cronlift_realtime.mark (job, due_at) VALUES ({job}, clock_timestamp());
  RETURN NULL;
END
$mark$
