-- The next thing the sweeper is to run for the session's role: a retry that is due, else the latest tick of a job that
-- is to be caught up with where nobody ran it. run is NULL where there is nothing.
CREATE OR REPLACE FUNCTION cronlift.claim_due(OUT run bigint, OUT call text, OUT unless text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $claim_due$
DECLARE
  again record;
  gate cronlift.gate;
  due timestamptz;
BEGIN
  -- What was reset, and perhaps started anew since, is not tried again.
  DELETE FROM cronlift.retry AS r USING cronlift.gate AS g
  WHERE g.job = r.job AND g.job_role = session_user AND cronlift.here(g.system_identifier, g.database)
    AND g.state <> 'disarmed' AND NOT cronlift.owns(g, r.tick);
  FOR again IN
    SELECT r.* FROM cronlift.retry AS r JOIN cronlift.gate AS g ON g.job = r.job
    WHERE r.due_at <= clock_timestamp() AND g.job_role = session_user
      AND g.state IN ('started', 'completed', 'rolled_back') AND cronlift.here(g.system_identifier, g.database)
    ORDER BY r.due_at, r.id
    FOR UPDATE OF r SKIP LOCKED
  LOOP
    SELECT g.* INTO gate FROM cronlift.gate AS g WHERE g.job = again.job;
    CONTINUE WHEN NOT cronlift.apart(gate, false);
    DELETE FROM cronlift.retry AS r WHERE r.id = again.id;
    run := cronlift.log_start(gate, again.tick, 'retry', again.attempt);
    SELECT t.call, t.unless INTO call, unless FROM cronlift.task(gate) AS t;
    RETURN;
  END LOOP;
  FOR gate IN
    SELECT g.* FROM cronlift.gate AS g
    WHERE g.catch_up AND g.job_role = session_user AND g.state IN ('started', 'completed')
      AND NOT g.flat -- its runs are not in the log
  LOOP
    -- A minute of grace: pg_cron itself may be about to run it.
    due := cronlift.due(gate, statement_timestamp() - interval '1 minute');
    CONTINUE WHEN NOT cronlift.owns(gate, due) OR due < gate.flat_until OR cronlift.is_led(gate, due)
      OR EXISTS (SELECT FROM cronlift.run_log AS l WHERE l.job = gate.job AND l.tick = due);
    CONTINUE WHEN NOT cronlift.apart(gate, false);
    run := cronlift.log_start(gate, due, 'catch_up', 1);
    SELECT t.call, t.unless INTO call, unless FROM cronlift.task(gate) AS t;
    EXIT WHEN run IS NOT NULL;
    PERFORM cronlift.together(gate);
  END LOOP;
END
$claim_due$;
