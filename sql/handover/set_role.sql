-- The session goes on as the job's role.
SELECT pg_catalog.set_config('role', {role}, false)
