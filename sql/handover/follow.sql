-- Runs, one after the other, what follows a run that ended. What fails is in the log. No SET clause, since it commits.
CREATE OR REPLACE PROCEDURE cronlift.follow(IN run bigint)
LANGUAGE plpgsql AS $follow$
DECLARE
  led record;
  claimed record;
  failure text;
  code text;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false);
  FOR led IN SELECT l.job, l.tick FROM cronlift.led(run) AS l LOOP
    SELECT c.run, c.call, c.unless INTO claimed FROM cronlift.claim(led.job, 'tick', current_user, led.tick) AS c;
    COMMIT;
    IF claimed.run IS NOT NULL THEN
      CALL cronlift.perform(claimed.run, claimed.call, claimed.unless, failure, code);
    END IF;
  END LOOP;
  COMMIT;
END
$follow$;
