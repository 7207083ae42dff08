-- An entry for another database. Only a superuser may name a role, even itself (pg_cron's issue 390).
SELECT cron.schedule_in_database(
  {name}, {schedule}, {command},
  {database}, nullif({role}, current_user))
