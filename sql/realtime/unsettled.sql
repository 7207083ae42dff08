-- Whether any of these transactions is still ending: the log tells of a commit before other sessions see it (the gap is
-- long with synchronous replication). A transaction gives its lock on its own number back after it has become visible.
SELECT EXISTS (
  SELECT FROM pg_catalog.pg_locks AS l
  WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.transactionid::text = ANY (%(xids)s)
)
