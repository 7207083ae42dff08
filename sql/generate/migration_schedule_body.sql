-- The migration's cron entry, only where pg_cron is in this very database; conditions that name cron.job are
-- not looked at elsewhere, since PL/pgSQL reads each one when it comes to it.
BEGIN
  IF pg_catalog.to_regclass('cron.job') IS NULL THEN
    RAISE NOTICE USING MESSAGE = {absent};
  ELSIF NOT EXISTS (SELECT FROM cron.job WHERE jobname = {name}) THEN
    IF current_user = {role} OR NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role}) THEN
      PERFORM cron.schedule({name}, {schedule}, {command});
    ELSE
      PERFORM cron.schedule_in_database({name}, {schedule}, {command}, current_database(), {role});
    END IF;
  ELSIF NOT EXISTS (
    SELECT FROM cron.job
    WHERE jobname = {name} AND schedule = {schedule} AND command = {command} AND database = current_database()
  ) THEN
    RAISE EXCEPTION USING MESSAGE = {foreign};
  END IF;
END
