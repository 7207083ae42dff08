-- Asks the gate for a run, and logs its start. cause tick: for the tick that is due now, or the one a run that leads
-- names; catch_up: for in_tick; by_hand: for none. run is NULL where there is nothing to run. Locks (a session's, until finish): one says that the run is alive,
-- the other keeps runs of one job apart as its overlap policy says.
CREATE OR REPLACE FUNCTION cronlift.claim(
  in_job text, in_cause text, caller name, in_tick timestamptz DEFAULT NULL, OUT run bigint, OUT call text,
  OUT unless text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $claim$
DECLARE
  gate cronlift.gate;
  due timestamptz;
  late boolean;
  earliest CONSTANT timestamptz := statement_timestamp() - interval '1 hour';
BEGIN
  SELECT g.* INTO gate FROM cronlift.gate AS g WHERE g.job = in_job;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'cronlift has no job %', quote_literal(in_job);
  END IF;
  -- The body will run as the caller, which the caller alone knows here; who is connected is not the caller's to say.
  IF caller <> gate.job_role OR NOT pg_has_role(session_user, gate.job_role, 'MEMBER') THEN
    RAISE EXCEPTION 'job % is run by role %, not by %', gate.job, gate.job_role, caller
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF gate.state = 'disarmed' OR NOT cronlift.here(gate.system_identifier, gate.database) THEN
    IF in_cause = 'tick' THEN
      RETURN;
    END IF;
    RAISE EXCEPTION 'job % is disarmed in this database', gate.job;
  END IF;
  due := in_tick;
  IF in_cause = 'tick' THEN
    due := coalesce(in_tick, cronlift.tick(gate.schedule, statement_timestamp(), gate.timezone));
    late := in_tick IS NULL AND due >= gate.pg_until;
    IF late AND gate.pg_until > earliest THEN
      -- The application's again; but a run that was queued before may stand for the last tick of pg_cron's.
      due := cronlift.due(gate, gate.pg_until - interval '1 microsecond');
    END IF;
    IF NOT cronlift.owns(gate, due) OR NOT cronlift.is_due(gate.guard, due)
      OR (in_tick IS NULL AND cronlift.is_led(gate, due))
    THEN
      RETURN;
    END IF;
  END IF;
  IF due < gate.flat_until THEN
    IF in_cause <> 'tick' THEN
      RAISE EXCEPTION 'the entry of job % called its procedure itself at that tick: cron.job_run_details has the run', gate.job;
    END IF;
    PERFORM cronlift.skip(gate, NULL, in_cause, 'tick unknown: the entry called the procedure itself then');
    RETURN;
  END IF;
  IF gate.state = 'paused' AND in_cause = 'tick' THEN
    PERFORM cronlift.skip(gate, due, in_cause, 'paused');
    RETURN;
  END IF;
  IF NOT cronlift.apart(gate, in_cause = 'tick') THEN
    -- A tick that somebody asks for by hand may be asked for again.
    IF in_cause <> 'catch_up' THEN
      PERFORM cronlift.skip(gate, due, in_cause, 'another run of the job was under way');
    END IF;
    RETURN;
  END IF;
  run := cronlift.log_start(gate, due, in_cause, 1);
  -- pg_cron queues a run for each tick while it is held up. Of those that start late the first takes the latest tick, and
  -- each of the others the next earlier one that nobody ran.
  FOR back IN 1 .. CASE WHEN run IS NULL AND in_cause = 'tick' AND in_tick IS NULL THEN 60 ELSE 0 END LOOP
    due := cronlift.due(gate, due - interval '1 minute');
    EXIT WHEN NOT cronlift.owns(gate, due) OR cronlift.is_led(gate, due) OR due < gate.flat_until
      OR (due < earliest AND NOT gate.catch_up);
    run := cronlift.log_start(gate, due, 'catch_up', 1);
    EXIT WHEN run IS NOT NULL;
  END LOOP;
  IF run IS NULL THEN
    PERFORM cronlift.together(gate);
    IF late IS NOT TRUE THEN
      PERFORM cronlift.skip(gate, NULL, in_cause, 'tick unknown: the latest one was run already');
    END IF;
    RETURN;
  END IF;
  SELECT t.call, t.unless INTO call, unless FROM cronlift.task(gate) AS t;
END
$claim$;
