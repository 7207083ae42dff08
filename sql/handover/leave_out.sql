-- Logs that a claimed run is left out after all, and with it what follows it, and gives its locks back.
CREATE OR REPLACE FUNCTION cronlift.leave_out(in_run bigint, why text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $leave_out$
DECLARE
  left_out cronlift.run_log;
BEGIN
  PERFORM cronlift.finish(in_run);
  UPDATE cronlift.run_log SET state = 'skipped', message = why
  WHERE id = in_run AND pid = pg_backend_pid()
  RETURNING * INTO left_out;
  IF left_out.tick IS NOT NULL AND left_out.cause <> 'by_hand' THEN
    PERFORM cronlift.skip_behind(g, left_out.tick) FROM cronlift.gate AS g WHERE g.job = left_out.job;
  END IF;
END
$leave_out$;
