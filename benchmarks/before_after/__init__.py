"""The same jobs through the application's scheduler and through pg_cron, on one server, measured in one run."""
