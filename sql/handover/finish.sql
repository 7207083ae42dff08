-- Logs how a run ended (failure NULL: well), plans the next attempt of a failed one, and gives its locks back.
CREATE OR REPLACE FUNCTION cronlift.finish(in_run bigint, failure text DEFAULT NULL, written bigint DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $finish$
DECLARE
  ended cronlift.run_log;
  gate cronlift.gate;
BEGIN
  SELECT l.* INTO ended FROM cronlift.run_log AS l WHERE l.id = in_run;
  SELECT g.* INTO gate FROM cronlift.gate AS g WHERE g.job = ended.job;
  IF NOT pg_has_role(session_user, gate.job_role, 'MEMBER') THEN
    RAISE EXCEPTION 'job % runs as role %', gate.job, gate.job_role USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE cronlift.run_log
  SET state = CASE WHEN failure IS NULL THEN 'succeeded' ELSE 'failed' END,
    ended_at = clock_timestamp(), rows = written, message = failure
  WHERE id = in_run AND state = 'running';
  IF FOUND AND failure IS NOT NULL AND ended.cause <> 'by_hand' AND ended.attempt < gate.max_attempts THEN
    INSERT INTO cronlift.retry (job, tick, attempt, due_at)
    VALUES (
      ended.job, ended.tick, ended.attempt + 1,
      clock_timestamp() + cronlift.backoff(gate.backoff, ended.attempt, gate.max_attempts)
    )
    ON CONFLICT DO NOTHING;
  END IF;
  PERFORM pg_advisory_unlock(1668443760, (in_run % 2147483648)::integer);
  PERFORM cronlift.together(gate);
END
$finish$;
