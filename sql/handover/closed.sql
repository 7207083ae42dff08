-- Nothing in the schema is anybody's but its owner's.
REVOKE ALL ON ALL ROUTINES IN SCHEMA cronlift FROM PUBLIC
