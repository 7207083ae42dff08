-- Asks script_fence.
SELECT pg_temp.cronlift_fence({relation}, {planned}) AS present
