-- What the sweeper's cron entry calls every minute: says that pg_cron is alive, ends what died in the log, takes out
-- rows that were turned away into a queue, runs what is due again. A run that fails is in the log; the others go on.
CREATE OR REPLACE PROCEDURE cronlift.sweep()
LANGUAGE plpgsql AS $sweep$
DECLARE
  claimed record;
  queue text;
  failure text;
  code text;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false);
  PERFORM cronlift.beat();
  PERFORM cronlift.bury();
  COMMIT;
  FOR queue IN SELECT q.name FROM cronlift.turned_away() AS q (name) LOOP
    BEGIN
      EXECUTE format('DELETE FROM %s WHERE queue = %L', queue, 'cronlift_turned_away');
    EXCEPTION WHEN insufficient_privilege OR undefined_table THEN
      NULL; -- another role's queue: its own sweeper takes them out
    END;
  END LOOP;
  COMMIT;
  LOOP
    SELECT c.run, c.call, c.unless INTO claimed FROM cronlift.claim_due() AS c;
    COMMIT;
    EXIT WHEN claimed.run IS NULL;
    CALL cronlift.perform(claimed.run, claimed.call, claimed.unless, failure, code);
  END LOOP;
END
$sweep$;
