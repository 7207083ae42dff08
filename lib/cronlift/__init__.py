"""cronlift moves scheduled jobs into PostgreSQL (pg_cron) and proves that nothing changed on the way."""

__version__ = "0.1.0"
