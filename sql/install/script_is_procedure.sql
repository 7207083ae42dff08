-- Asks script_procedure.
SELECT pg_temp.cronlift_procedure({schema}, {name}, {planned}) AS present
