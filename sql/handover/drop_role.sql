-- The owner's role, which owns nothing any more.
DROP ROLE IF EXISTS cronlift_owner
