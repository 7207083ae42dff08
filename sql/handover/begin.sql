-- For a body that ends transactions itself, which nothing can be called around: the cron command is a block that begins
-- here, calls the body and ends with finish. A failure shows as a start without an end.
CREATE OR REPLACE PROCEDURE cronlift.begin(IN job text, INOUT run bigint, IN cause text DEFAULT 'tick')
LANGUAGE plpgsql AS $begin$
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false);
  run := (SELECT c.run FROM cronlift.claim(job, cause, current_user) AS c);
  COMMIT;
END
$begin$;
