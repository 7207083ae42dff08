"""What the generate stage writes: procedures, cron entries, scripts, the migration, the patch."""
