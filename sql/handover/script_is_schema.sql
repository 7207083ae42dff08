-- Asks script_schema.
SELECT pg_temp.cronlift_schema({mark}, {roles}) AS present
