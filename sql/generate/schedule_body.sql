-- An entry for this very database. Its owner needs nothing but cron.schedule; anybody else has to name the owner
-- (and be a superuser, which pg_cron asks for even where one names oneself: its issue 390).
BEGIN
  IF current_user = {role} THEN
    PERFORM cron.schedule({name}, {schedule}, {command});
  ELSE
    PERFORM cron.schedule_in_database({name}, {schedule}, {command}, {database}, {role});
  END IF;
END
