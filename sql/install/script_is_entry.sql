-- Asks script_entry.
SELECT pg_temp.cronlift_entry({name}, {planned}) AS present
