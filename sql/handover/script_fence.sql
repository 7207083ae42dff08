-- For a script: whether the fence is on the queue table; an error where another trigger has its name.
CREATE OR REPLACE FUNCTION pg_temp.cronlift_fence(in_relation text, planned jsonb) RETURNS boolean
LANGUAGE plpgsql AS {body}
