-- The slot as it is: of which database, whether it can still be read, and where the log ends now.
SELECT s.database, s.wal_status = 'lost', s.active, pg_catalog.pg_current_wal_flush_lsn()::text
FROM (VALUES (%(slot)s)) AS wanted (name)
LEFT JOIN pg_catalog.pg_replication_slots AS s ON s.slot_name = wanted.name
