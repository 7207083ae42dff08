-- The job of a run whose body ends transactions itself; NULL for the others.
CREATE OR REPLACE FUNCTION cronlift.committing_job(run bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $committing_job$
SELECT g.job FROM cronlift.run_log AS l JOIN cronlift.gate AS g ON g.job = l.job WHERE l.id = run AND g.commits
$committing_job$;
