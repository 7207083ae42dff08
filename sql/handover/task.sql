-- What a run is to do: the call, and, where a job is unique across both sides, the question that must be false before
-- it. The job's role asks it: the queue is the application's.
CREATE OR REPLACE FUNCTION cronlift.task(gate cronlift.gate, OUT call text, OUT unless text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $task$
SELECT
  format('CALL %s()', (gate).procedure),
  CASE WHEN (gate).unique_across THEN format(
    'SELECT EXISTS (SELECT FROM %s WHERE state::text = %L AND worker = %L AND args = %L::jsonb)',
    (gate).relation, 'executing', (gate).worker, (gate).args
  ) END
$task$;
