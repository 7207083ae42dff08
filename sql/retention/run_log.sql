-- The entry that keeps the run log short (sql/handover/prune.sql).
CALL cronlift.prune({keep})
