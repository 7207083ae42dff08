-- The migration's cron entry, taken back.
BEGIN
  IF pg_catalog.to_regclass('cron.job') IS NULL THEN
    RAISE NOTICE USING MESSAGE = {absent};
  ELSE
    PERFORM cron.unschedule(jobid)
    FROM cron.job
    WHERE jobname = {name} AND schedule = {schedule} AND command = {command} AND database = current_database();
  END IF;
END
