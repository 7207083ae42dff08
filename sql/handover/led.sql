-- The jobs that a run leads: those that follow its job and are due at its tick. Where it failed for good they are left
-- out, in the log too.
CREATE OR REPLACE FUNCTION cronlift.led(in_run bigint, OUT job text, OUT tick timestamptz) RETURNS SETOF record
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $led$
DECLARE
  lead cronlift.run_log;
  gate cronlift.gate;
BEGIN
  SELECT l.* INTO lead FROM cronlift.run_log AS l WHERE l.id = in_run;
  IF lead.tick IS NULL OR lead.state NOT IN ('succeeded', 'failed') OR lead.cause = 'by_hand'
    OR EXISTS (SELECT FROM cronlift.retry AS r WHERE r.job = lead.job AND r.tick = lead.tick)
  THEN
    RETURN;
  END IF;
  FOR gate IN
    SELECT g.* FROM cronlift.gate AS g
    WHERE cronlift.base(g.follows) = cronlift.base(lead.job) AND g.job_role = session_user AND NOT g.flat AND cronlift.owns(g, lead.tick)
    ORDER BY g.job
  LOOP
    CONTINUE WHEN cronlift.due(gate, lead.tick) <> lead.tick;
    IF lead.state = 'failed' THEN
      PERFORM cronlift.skip(gate, lead.tick, 'tick', format('%s, which it follows, failed', lead.job));
    ELSE
      job := gate.job;
      tick := lead.tick;
      RETURN NEXT;
    END IF;
  END LOOP;
END
$led$;
