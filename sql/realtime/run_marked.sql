-- Runs the job where a change has marked it: all marks so far stand for one run. Marks are taken away before the job
-- looks, in one transaction: what commits meanwhile keeps its mark, and a failed run keeps them all.
CREATE PROCEDURE {procedure}()
LANGUAGE plpgsql AS $run$
BEGIN
  IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended({job}, 0)) THEN
    RETURN; -- a run is going on; the marks wait for the next
  END IF;
  DELETE FROM cronlift_realtime.mark WHERE job = {job};
  IF FOUND THEN
    {call};
  END IF;
END
$run$
