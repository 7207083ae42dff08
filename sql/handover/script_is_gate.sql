-- Asks script_gate.
SELECT pg_temp.cronlift_gate({job}, {planned}) AS present
