-- The mark by which cronlift knows the schema as its own, and with what content.
COMMENT ON SCHEMA cronlift IS {mark}
