-- One run by hand through the same runner: for a tick that nobody ran (catch_up), or for none. Called by the job's role.
CREATE OR REPLACE PROCEDURE cronlift.run_now(IN job text, IN tick timestamptz DEFAULT NULL)
LANGUAGE plpgsql AS $run_now$
DECLARE
  claimed record;
  failure text;
  code text;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false);
  SELECT c.run, c.call, c.unless INTO claimed
  FROM cronlift.claim(job, CASE WHEN tick IS NULL THEN 'by_hand' ELSE 'catch_up' END, current_user, tick) AS c;
  COMMIT;
  IF claimed.run IS NULL THEN
    RAISE EXCEPTION 'job % was not run: another run is under way, or the tick was run already', job;
  END IF;
  CALL cronlift.perform(claimed.run, claimed.call, claimed.unless, failure, code);
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = failure, ERRCODE = code;
  END IF;
END
$run_now$;
