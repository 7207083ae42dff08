-- The database pg_cron lives in; NULL where its library is not loaded.
-- The setting is marked superuser-only: without pg_read_all_settings this fails with 42501.
SELECT pg_catalog.current_setting('cron.database_name', TRUE)
