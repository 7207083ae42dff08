-- cronlift takes back 2 jobs. Run: psql -X -f down.sql
-- Made for database DATABASE (pg_cron VERSION in postgres) of the server with system identifier SYSTEM.
\set ON_ERROR_STOP on

\connect postgres
SET client_encoding = 'UTF8';
BEGIN;

-- oban:Shop.Vacuum, config/config.exs:6
DO $check$
BEGIN
  IF EXISTS (
    SELECT FROM cron.job
    WHERE jobname = 'cronlift/DATABASE/Shop.Vacuum'
      AND (schedule, command, database, username) IS DISTINCT FROM ('30 3 * * 0', 'VACUUM public.cart', 'DATABASE', 'app')
  ) THEN
    RAISE EXCEPTION USING MESSAGE = 'the cron entry cronlift/DATABASE/Shop.Vacuum is no longer the one cronlift installed';
  END IF;
END
$check$;
SELECT cron.unschedule(jobid)
FROM cron.job
WHERE jobname = 'cronlift/DATABASE/Shop.Vacuum' AND username = 'app';

-- oban:Shop.CartCleanupWorker, config/config.exs:5
DO $check$
BEGIN
  IF EXISTS (
    SELECT FROM cron.job
    WHERE jobname = 'cronlift/DATABASE/Shop.CartCleanupWorker'
      AND (schedule, command, database, username) IS DISTINCT FROM ('*/15 * * * *', 'CALL public.cart_cleanup_worker_job()', 'DATABASE', 'app')
  ) THEN
    RAISE EXCEPTION USING MESSAGE = 'the cron entry cronlift/DATABASE/Shop.CartCleanupWorker is no longer the one cronlift installed';
  END IF;
END
$check$;
SELECT cron.unschedule(jobid)
FROM cron.job
WHERE jobname = 'cronlift/DATABASE/Shop.CartCleanupWorker' AND username = 'app';

COMMIT;

\connect DATABASE
SET client_encoding = 'UTF8';
BEGIN;

-- oban:Shop.CartCleanupWorker, config/config.exs:5
DO $check$
BEGIN
  IF pg_catalog.obj_description(pg_catalog.to_regprocedure('public.cart_cleanup_worker_job()'), 'pg_proc') IS DISTINCT FROM 'cronlift HASH OF oban:Shop.CartCleanupWorker oban:Shop.CartCleanupWorker' THEN
    RAISE EXCEPTION USING MESSAGE = 'procedure public.cart_cleanup_worker_job() is absent or no longer the one cronlift installed';
  END IF;
END
$check$;
DROP PROCEDURE public.cart_cleanup_worker_job();

COMMIT;
