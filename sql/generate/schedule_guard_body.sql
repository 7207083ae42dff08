-- Stops where an entry of that name exists: pg_cron would overwrite its schedule and command, and before 1.6.3
-- keep its database.
BEGIN
  IF EXISTS (SELECT FROM cron.job WHERE jobname = {name}) THEN
    RAISE EXCEPTION USING MESSAGE = {message};
  END IF;
END
