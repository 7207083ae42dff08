-- Runs a body, logs the end, and runs what follows it; failure and code tell how it failed. A body that ends transactions
-- has nothing around it: where it fails, the command ends there, and the sweeper closes the run. No SET clause, since it
-- commits: whoever calls it has pinned the search_path.
CREATE OR REPLACE PROCEDURE cronlift.perform(
  IN run bigint, IN call text, IN unless text, INOUT failure text, INOUT code text
)
LANGUAGE plpgsql AS $perform$
DECLARE
  committing text := cronlift.committing_job(run);
  before bigint;
  wrote bigint;
  elsewhere boolean := false;
BEGIN
  failure := NULL;
  IF committing IS NOT NULL THEN
    IF unless IS NOT NULL THEN
      EXECUTE unless INTO elsewhere;
    END IF;
    IF NOT elsewhere THEN
      CALL cronlift.committing(committing);
    END IF;
  ELSE
    BEGIN
      IF unless IS NOT NULL THEN
        EXECUTE unless INTO elsewhere;
      END IF;
      IF NOT elsewhere THEN
        before := cronlift.written();
        EXECUTE call;
        wrote := cronlift.written() - before;
      END IF;
    EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
      GET STACKED DIAGNOSTICS failure = MESSAGE_TEXT, code = RETURNED_SQLSTATE;
      failure := coalesce(failure, code);
    END;
  END IF;
  IF elsewhere THEN
    PERFORM cronlift.leave_out(run, 'the application was executing the same job');
  ELSE
    PERFORM cronlift.finish(run, failure, wrote);
  END IF;
  COMMIT;
  CALL cronlift.follow(run);
END
$perform$;
