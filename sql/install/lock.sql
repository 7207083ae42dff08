-- Keeps two installers apart (a session's lock: it goes when the connection does). The number spells "cron".
SELECT pg_catalog.pg_advisory_lock(1668443758, 1)
