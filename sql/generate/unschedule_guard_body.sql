-- Stops where the entry is no longer the one that was installed.
BEGIN
  IF EXISTS (
    SELECT FROM cron.job
    WHERE jobname = {name}
      AND (schedule, command, database, username) IS DISTINCT FROM ({schedule}, {command}, {database}, {role})
  ) THEN
    RAISE EXCEPTION USING MESSAGE = {message};
  END IF;
END
