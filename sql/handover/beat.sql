-- The sweeper was here: for this minute, at this instant.
CREATE OR REPLACE FUNCTION cronlift.beat() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $beat$
INSERT INTO cronlift.heartbeat (job_role, tick, at)
VALUES (session_user, date_trunc('minute', statement_timestamp()), clock_timestamp())
ON CONFLICT (job_role) DO UPDATE SET tick = excluded.tick, at = excluded.at
$beat$;
