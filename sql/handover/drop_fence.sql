-- Removes the fence. Nobody may use the table for a moment (AccessExclusiveLock).
DROP TRIGGER zz_cronlift_fence ON {relation}
