-- The application's job, of whatever version.
CREATE OR REPLACE FUNCTION cronlift.base(job text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $base$
SELECT regexp_replace(job, '@v[0-9]+$', '')
$base$;
