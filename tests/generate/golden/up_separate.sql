-- cronlift moves 2 jobs. Run: psql -X -f up.sql
-- Made for database DATABASE (pg_cron VERSION in postgres) of the server with system identifier SYSTEM.
\set ON_ERROR_STOP on

\connect DATABASE
SET client_encoding = 'UTF8';
BEGIN;

-- oban:Shop.CartCleanupWorker, config/config.exs:5
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

COMMIT;

\connect postgres
SET client_encoding = 'UTF8';
BEGIN;

-- oban:Shop.CartCleanupWorker, config/config.exs:5
DO $check$
BEGIN
  IF EXISTS (SELECT FROM cron.job WHERE jobname = 'cronlift/DATABASE/Shop.CartCleanupWorker') THEN
    RAISE EXCEPTION USING MESSAGE = 'a cron entry named cronlift/DATABASE/Shop.CartCleanupWorker exists already';
  END IF;
END
$check$;
SELECT cron.schedule_in_database(
  'cronlift/DATABASE/Shop.CartCleanupWorker', '*/15 * * * *', 'CALL public.cart_cleanup_worker_job()',
  'DATABASE', nullif('app', current_user));

-- oban:Shop.Vacuum, config/config.exs:6
DO $check$
BEGIN
  IF EXISTS (SELECT FROM cron.job WHERE jobname = 'cronlift/DATABASE/Shop.Vacuum') THEN
    RAISE EXCEPTION USING MESSAGE = 'a cron entry named cronlift/DATABASE/Shop.Vacuum exists already';
  END IF;
END
$check$;
SELECT cron.schedule_in_database(
  'cronlift/DATABASE/Shop.Vacuum', '30 3 * * 0', 'VACUUM public.cart',
  'DATABASE', nullif('app', current_user));

COMMIT;
