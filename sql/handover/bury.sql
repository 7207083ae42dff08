-- Ends, in the log, the runs whose session is gone: nobody holds the lock on their number any more.
CREATE OR REPLACE FUNCTION cronlift.bury() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $bury$
DECLARE
  dead bigint;
BEGIN
  FOR dead IN
    SELECT l.id FROM cronlift.run_log AS l JOIN cronlift.gate AS g ON g.job = l.job
    WHERE l.state = 'running' AND g.job_role = session_user
    ORDER BY l.id
  LOOP
    IF pg_try_advisory_lock(1668443760, (dead % 2147483648)::integer) THEN
      PERFORM cronlift.finish(dead, 'its session is gone: it failed in a body that commits, was killed, or the server restarted');
      -- What follows it is left out where it is not tried again.
      PERFORM cronlift.led(dead);
    END IF;
  END LOOP;
END
$bury$;
