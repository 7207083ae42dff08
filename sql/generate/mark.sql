-- The mark by which cronlift knows its own: the job and the hash of what was installed.
COMMENT ON PROCEDURE {procedure}() IS {mark}
