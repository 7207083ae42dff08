-- A body that ends transactions can only be called by a CALL that stands there as such, with nothing around it, all the
-- way up: not by EXECUTE, not under a handler. So the calls of all such bodies are written down in a procedure, anew
-- whenever a job's row comes or goes.
CREATE OR REPLACE PROCEDURE cronlift.weave()
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $weave$
DECLARE
  calls text := (
    SELECT string_agg(format(E'  WHEN %L THEN\n    CALL %s();\n', g.job, g.procedure), '' ORDER BY g.job)
    FROM cronlift.gate AS g
    WHERE g.commits AND g.procedure IS NOT NULL
  );
BEGIN
  EXECUTE format(
    'CREATE OR REPLACE PROCEDURE cronlift.committing(IN job text) LANGUAGE plpgsql AS %L',
    E'BEGIN\n  CASE job\n  WHEN NULL THEN\n    NULL;\n' || coalesce(calls, '')
    || E'  ELSE\n    RAISE EXCEPTION ''no body that commits is known of job %'', job;\n  END CASE;\nEND'
  );
END
$weave$;
