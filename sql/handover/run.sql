-- What a cron entry calls. The start is logged and committed, then the body runs; where it fails, the end is logged and
-- committed, and the error raised again for pg_cron to show. No SET clause, since it commits: the first statement pins
-- the search_path, which outlives COMMIT.
CREATE OR REPLACE PROCEDURE cronlift.run(IN job text)
LANGUAGE plpgsql AS $run$
DECLARE
  claimed record;
  failure text;
  code text;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false);
  SELECT c.run, c.call, c.unless INTO claimed FROM cronlift.claim(job, 'tick', current_user) AS c;
  COMMIT;
  IF claimed.run IS NULL THEN
    RETURN;
  END IF;
  CALL cronlift.perform(claimed.run, claimed.call, claimed.unless, failure, code);
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = failure, ERRCODE = code;
  END IF;
END
$run$;
