-- Runs a body that does not end its transaction, logs the end, and runs what follows it; failure and code tell how it
-- failed. No SET clause, since it commits: whoever calls it has pinned the search_path.
CREATE OR REPLACE PROCEDURE cronlift.perform(
  IN run bigint, IN call text, IN unless text, INOUT failure text, INOUT code text
)
LANGUAGE plpgsql AS $perform$
DECLARE
  before bigint;
  wrote bigint;
  elsewhere boolean := false;
BEGIN
  failure := NULL;
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
  IF elsewhere THEN
    PERFORM cronlift.leave_out(run, 'the application was executing the same job');
  ELSE
    PERFORM cronlift.finish(run, failure, wrote);
  END IF;
  COMMIT;
  CALL cronlift.follow(run);
END
$perform$;
