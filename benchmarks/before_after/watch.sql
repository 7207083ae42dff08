-- Notes what pg_cron's launcher writes about its runs, and puts back what a run has used up before the next one starts
-- (the launcher does one thing after the other). In a database that has pg_cron.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA bench;

CREATE FUNCTION bench.note_run() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  seen timestamptz := clock_timestamp();
  kind text;
BEGIN
  IF tg_op = 'UPDATE' AND new.status IS NOT DISTINCT FROM old.status THEN
    RETURN NULL;
  END IF;
  SELECT split_part(jobname, '/', 2) INTO kind FROM cron.job WHERE jobid = new.jobid;
  INSERT INTO bench.log (run, job, event, at) VALUES (new.runid, kind, new.status, seen);
  IF new.status IN ('succeeded', 'failed') THEN
    UPDATE bench.log
    SET execution_ms = (
      SELECT sum(total_exec_time)
      FROM bench.pg_stat_statements(false) AS s
      WHERE s.userid = 'demo'::regrole AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND s.toplevel
    )
    WHERE run = new.runid AND event = new.status;
    PERFORM bench.reset(kind);
    INSERT INTO bench.log (run, job, event) VALUES (new.runid, kind, 'reset');
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER note_run AFTER INSERT OR UPDATE ON cron.job_run_details
FOR EACH ROW EXECUTE FUNCTION bench.note_run();
