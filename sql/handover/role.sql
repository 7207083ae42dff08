-- The role that owns schema cronlift. Nobody logs in as it, and it owns nothing else.
CREATE ROLE cronlift_owner NOLOGIN
