-- Runs a body that does not end its transaction, and logs the end; failure and code tell how it failed. No SET clause,
-- since it commits: whoever calls it has pinned the search_path.
CREATE OR REPLACE PROCEDURE cronlift.perform(IN run bigint, IN call text, INOUT failure text, INOUT code text)
LANGUAGE plpgsql AS $perform$
DECLARE
  before bigint;
  wrote bigint;
BEGIN
  failure := NULL;
  BEGIN
    before := cronlift.written();
    EXECUTE call;
    wrote := cronlift.written() - before;
  EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
    GET STACKED DIAGNOSTICS failure = MESSAGE_TEXT, code = RETURNED_SQLSTATE;
    failure := coalesce(failure, code);
  END;
  PERFORM cronlift.finish(run, failure, wrote);
  COMMIT;
END
$perform$;
