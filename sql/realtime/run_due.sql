-- Runs the job where a row has become due, and notes when the next one will. The clock is this procedure's being called:
-- no change of a table says that time has passed.
CREATE PROCEDURE {procedure}()
LANGUAGE plpgsql AS $run$
DECLARE
  first_due timestamptz;
BEGIN
  IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended({job}, 0)) THEN
    RETURN; -- a run is going on; the marks wait for the next
  END IF;
  WITH gone AS (DELETE FROM cronlift_realtime.mark WHERE job = {job} RETURNING due_at)
  SELECT pg_catalog.min(due_at) INTO first_due FROM gone;
  IF first_due <= pg_catalog.now() THEN
    {call};
    SELECT {due} INTO first_due FROM {table} AS r;
  END IF;
  IF first_due IS NOT NULL THEN
    INSERT INTO cronlift_realtime.mark (job, due_at) VALUES ({job}, first_due);
  END IF;
END
$run$
