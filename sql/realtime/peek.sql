-- What has happened since the last confirmed place, without confirming it: whole transactions, in the order of their
-- commits. The changes of other tables are left out; of each transaction its end is told, with the place after it.
SELECT data::jsonb ->> 'action', data::jsonb ->> 'nextlsn', xid::text
FROM pg_catalog.pg_logical_slot_peek_changes(
  %(slot)s, NULL, %(most)s,
  'format-version', '2', 'include-lsn', 'true', 'add-tables', %(tables)s
)
