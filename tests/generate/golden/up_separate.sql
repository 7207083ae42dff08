-- cronlift moves 2 jobs. Run: psql -X -f up.sql
-- Harmless to repeat: what is done already is left alone, what is not as planned is an error.
-- Made for database DATABASE (pg_cron VERSION in postgres) of the server with system identifier SYSTEM.
\set ON_ERROR_STOP on

\connect DATABASE
SET client_encoding = 'UTF8';
BEGIN;

-- Is this the very server and database, and is no other installer at work?
DO $check$
BEGIN
  IF (pg_catalog.pg_control_system()).system_identifier::text <> 'SYSTEM'
    OR (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) <> OID
  THEN
    RAISE EXCEPTION 'this script was made for another server or database; nothing was changed here';
  END IF;
  PERFORM pg_catalog.set_config('lock_timeout', '10s', true), pg_catalog.pg_advisory_xact_lock(1668443758, 1);
END
$check$;

-- How this script looks at what is there already; gone when the session ends.
CREATE OR REPLACE FUNCTION pg_temp.cronlift_difference(planned jsonb, actual jsonb) RETURNS text
LANGUAGE sql AS $look$
SELECT pg_catalog.string_agg(
  pg_catalog.format('%s: planned %s, found %s', key, planned ->> key, actual ->> key), E'\n' ORDER BY key
)
FROM pg_catalog.jsonb_object_keys(planned) AS key
WHERE planned -> key IS DISTINCT FROM actual -> key
$look$;
CREATE OR REPLACE FUNCTION pg_temp.cronlift_procedure(in_schema text, in_name text, planned jsonb) RETURNS boolean
LANGUAGE plpgsql AS $look$
DECLARE
  actual jsonb;
BEGIN
  SELECT there.facts INTO actual FROM (
SELECT
  pg_catalog.jsonb_build_object(
    'kind', CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
    'language', l.lanname,
    'owner', pg_catalog.pg_get_userbyid(p.proowner),
    'settings', pg_catalog.array_to_string(p.proconfig, '; '),
    'security', CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END,
    'grants', (
      SELECT pg_catalog.string_agg(
        CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(acl.grantee) END
        || CASE WHEN acl.is_grantable THEN ' with grant option' ELSE '' END,
        ', ' ORDER BY acl.grantee
      )
      FROM pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS acl
    ),
    'comment', pg_catalog.obj_description(p.oid, 'pg_proc'),
    'sha256 of the body', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p.prosrc, 'UTF8')), 'hex')
  ) AS facts,
  p.prosrc AS body
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE n.nspname = in_schema AND p.proname = in_name AND p.pronargs = 0
  ) AS there;
  IF actual <> planned THEN
    RAISE EXCEPTION '%.% is not the procedure cronlift planned; nothing was changed here', in_schema, in_name
      USING DETAIL = pg_temp.cronlift_difference(planned, actual);
  END IF;
  RETURN actual IS NOT NULL;
END
$look$;

-- oban:Shop.CartCleanupWorker, config/config.exs:5
SELECT pg_temp.cronlift_procedure('public', 'cart_cleanup_worker_job', '{"kind": "procedure", "language": "plpgsql", "owner": "app", "settings": "search_path=public, pg_temp", "security": "invoker", "grants": "app", "comment": "cronlift HASH OF oban:Shop.CartCleanupWorker oban:Shop.CartCleanupWorker", "sha256 of the body": "134e3e3b9fbaa79370cd08ef50581dca5f65f017242bf9011db61614f624c217"}') AS present \gset
\if :present
\else
CREATE PROCEDURE public.cart_cleanup_worker_job()
LANGUAGE plpgsql SET search_path = public, pg_temp AS $job$
#variable_conflict use_column
BEGIN
DELETE FROM cart
WHERE expires_at <= NOW();
END
$job$;
REVOKE EXECUTE ON PROCEDURE public.cart_cleanup_worker_job() FROM PUBLIC;
COMMENT ON PROCEDURE public.cart_cleanup_worker_job() IS 'cronlift HASH OF oban:Shop.CartCleanupWorker oban:Shop.CartCleanupWorker';
ALTER PROCEDURE public.cart_cleanup_worker_job() OWNER TO app;
\endif

COMMIT;

\connect postgres
SET client_encoding = 'UTF8';
BEGIN;

-- Is this the very server and database, and is no other installer at work?
DO $check$
BEGIN
  IF (pg_catalog.pg_control_system()).system_identifier::text <> 'SYSTEM'
    OR (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) <> OID
  THEN
    RAISE EXCEPTION 'this script was made for another server or database; nothing was changed here';
  END IF;
  PERFORM pg_catalog.set_config('lock_timeout', '10s', true), pg_catalog.pg_advisory_xact_lock(1668443758, 1);
END
$check$;

-- How this script looks at what is there already; gone when the session ends.
CREATE OR REPLACE FUNCTION pg_temp.cronlift_difference(planned jsonb, actual jsonb) RETURNS text
LANGUAGE sql AS $look$
SELECT pg_catalog.string_agg(
  pg_catalog.format('%s: planned %s, found %s', key, planned ->> key, actual ->> key), E'\n' ORDER BY key
)
FROM pg_catalog.jsonb_object_keys(planned) AS key
WHERE planned -> key IS DISTINCT FROM actual -> key
$look$;
CREATE OR REPLACE FUNCTION pg_temp.cronlift_entry(in_name text, planned jsonb) RETURNS boolean
LANGUAGE plpgsql AS $look$
DECLARE
  actual jsonb;
  present boolean := FALSE;
BEGIN
  FOR actual IN SELECT there.facts FROM (
SELECT
  pg_catalog.jsonb_build_object(
    'schedule', j.schedule,
    'command', j.command,
    'database', j.database,
    'owner', j.username,
    'server', CASE WHEN j.nodeport = pg_catalog.current_setting('port')::integer THEN 'this one' ELSE 'another' END
  ) AS facts,
  j.active
FROM cron.job AS j
WHERE j.jobname = in_name
ORDER BY j.jobid
  ) AS there LOOP
    present := TRUE;
    IF actual <> planned THEN
      RAISE EXCEPTION '% is not the cron entry cronlift planned; nothing was changed here', in_name
        USING DETAIL = pg_temp.cronlift_difference(planned, actual);
    END IF;
  END LOOP;
  RETURN present;
END
$look$;

-- oban:Shop.CartCleanupWorker, config/config.exs:5
SELECT pg_temp.cronlift_entry('cronlift/DATABASE/Shop.CartCleanupWorker', '{"schedule": "*/15 * * * *", "command": "CALL public.cart_cleanup_worker_job()", "database": "DATABASE", "owner": "app", "server": "this one"}') AS present \gset
\if :present
\else
SELECT cron.schedule_in_database(
  'cronlift/DATABASE/Shop.CartCleanupWorker', '*/15 * * * *', 'CALL public.cart_cleanup_worker_job()',
  'DATABASE', nullif('app', current_user));
\endif

-- oban:Shop.Vacuum, config/config.exs:6
SELECT pg_temp.cronlift_entry('cronlift/DATABASE/Shop.Vacuum', '{"schedule": "30 3 * * 0", "command": "VACUUM public.cart", "database": "DATABASE", "owner": "app", "server": "this one"}') AS present \gset
\if :present
\else
SELECT cron.schedule_in_database(
  'cronlift/DATABASE/Shop.Vacuum', '30 3 * * 0', 'VACUUM public.cart',
  'DATABASE', nullif('app', current_user));
\endif

COMMIT;
