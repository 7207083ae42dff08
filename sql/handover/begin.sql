-- For a body that ends transactions itself, around which there can be no handler: the cron command is a block that begins
-- here, calls the body and ends with finish. A failure shows as a start without an end.
CREATE OR REPLACE PROCEDURE cronlift.begin(IN job text, INOUT run bigint, IN cause text DEFAULT 'tick')
LANGUAGE plpgsql AS $begin$
DECLARE
  claimed record;
  elsewhere boolean := false;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false);
  SELECT c.run, c.unless INTO claimed FROM cronlift.claim(job, cause, current_user) AS c;
  IF claimed.run IS NOT NULL AND claimed.unless IS NOT NULL THEN
    EXECUTE claimed.unless INTO elsewhere;
    IF elsewhere THEN
      PERFORM cronlift.leave_out(claimed.run, 'the application was executing the same job');
      claimed.run := NULL;
    END IF;
  END IF;
  run := claimed.run;
  COMMIT;
END
$begin$;
