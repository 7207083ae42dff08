-- Alert where a row comes: the slot is gone, lost, or keeps more than a gigabyte of log that nobody has read.
SELECT wanted.slot_name, s.wal_status, pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn) AS bytes_behind
FROM (VALUES ({slot})) AS wanted (slot_name)
LEFT JOIN pg_replication_slots AS s ON s.slot_name = wanted.slot_name
WHERE s.slot_name IS NULL OR s.wal_status IN ('unreserved', 'lost')
  OR pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn) > 1073741824
