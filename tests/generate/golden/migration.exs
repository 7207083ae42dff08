defmodule Shop.Repo.Migrations.MoveJobsToPgCron5083d12a do
  # Made by cronlift: the procedures that pg_cron calls for one job. Harmless where they are there already.
  # Cron entries are made only where pg_cron lives in this database; elsewhere a notice says what is missing.
  use Ecto.Migration

  def up do
    execute(~S"""
    DO $migration$
    BEGIN
      IF pg_catalog.to_regprocedure('public.cart_job()') IS NULL THEN
    CREATE PROCEDURE public.cart_job()
    LANGUAGE plpgsql AS $job$
    BEGIN
    END
    $job$;
        REVOKE EXECUTE ON PROCEDURE public.cart_job() FROM PUBLIC;
        COMMENT ON PROCEDURE public.cart_job() IS 'cronlift 0123abcd oban:Shop.CartWorker';
        IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app') THEN
          ALTER PROCEDURE public.cart_job() OWNER TO app;
        ELSE
          RAISE NOTICE USING MESSAGE = 'there is no role app here: procedure public.cart_job() belongs to whoever migrates';
        END IF;
      ELSIF pg_catalog.obj_description(pg_catalog.to_regprocedure('public.cart_job()'), 'pg_proc') IS DISTINCT FROM 'cronlift 0123abcd oban:Shop.CartWorker' THEN
        RAISE EXCEPTION USING MESSAGE = 'there is another procedure public.cart_job(), which cronlift did not make: it stays as it is';
      END IF;
    END
    $migration$
    """)

    execute(~S"""
    DO $migration$
    BEGIN
      IF pg_catalog.to_regclass('cron.job') IS NULL THEN
        RAISE NOTICE USING MESSAGE = 'no pg_cron in this database: cron entry cronlift/shop/Shop.CartWorker is not made here (its place is database postgres)';
      ELSIF NOT EXISTS (SELECT FROM cron.job WHERE jobname = 'cronlift/shop/Shop.CartWorker') THEN
        IF current_user = 'app' OR NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app') THEN
          PERFORM cron.schedule('cronlift/shop/Shop.CartWorker', '0 * * * *', 'CALL public.cart_job()');
        ELSE
          PERFORM cron.schedule_in_database('cronlift/shop/Shop.CartWorker', '0 * * * *', 'CALL public.cart_job()', current_database(), 'app');
        END IF;
      ELSIF NOT EXISTS (
        SELECT FROM cron.job
        WHERE jobname = 'cronlift/shop/Shop.CartWorker' AND schedule = '0 * * * *' AND command = 'CALL public.cart_job()' AND database = current_database()
      ) THEN
        RAISE EXCEPTION USING MESSAGE = 'there is another cron entry cronlift/shop/Shop.CartWorker: it stays as it is';
      END IF;
    END
    $migration$
    """)
  end

  def down do
    execute(~S"""
    DO $migration$
    BEGIN
      IF pg_catalog.to_regclass('cron.job') IS NULL THEN
        RAISE NOTICE USING MESSAGE = 'no pg_cron in this database: make sure that no cron entry cronlift/shop/Shop.CartWorker is left elsewhere';
      ELSE
        PERFORM cron.unschedule(jobid)
        FROM cron.job
        WHERE jobname = 'cronlift/shop/Shop.CartWorker' AND schedule = '0 * * * *' AND command = 'CALL public.cart_job()' AND database = current_database();
      END IF;
    END
    $migration$
    """)

    execute(~S"""
    DO $migration$
    BEGIN
      IF EXISTS (
        SELECT FROM pg_catalog.pg_proc
        WHERE oid = pg_catalog.to_regprocedure('public.cart_job()')
          AND pg_catalog.obj_description(oid, 'pg_proc') = 'cronlift 0123abcd oban:Shop.CartWorker'
          AND pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(prosrc, 'UTF8')), 'hex') = '57c011144afd704f6aaaea9c8a5578e38daaeb1f3a870123102073d123bdf4b1'
      ) THEN
        DROP PROCEDURE public.cart_job();
      ELSIF pg_catalog.to_regprocedure('public.cart_job()') IS NOT NULL THEN
        RAISE NOTICE USING MESSAGE = 'procedure public.cart_job() is not the one cronlift made: it stays as it is';
      END IF;
    END
    $migration$
    """)
  end
end
