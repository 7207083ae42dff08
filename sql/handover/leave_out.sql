-- Logs that a claimed run is left out after all, and gives its locks back.
CREATE OR REPLACE FUNCTION cronlift.leave_out(in_run bigint, why text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $leave_out$
SELECT cronlift.finish(in_run);
UPDATE cronlift.run_log SET state = 'skipped', message = why
WHERE id = in_run AND pid = pg_backend_pid();
$leave_out$;
