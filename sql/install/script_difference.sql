-- For a script's errors: fact by fact, what was planned and what is there.
CREATE OR REPLACE FUNCTION pg_temp.cronlift_difference(planned jsonb, actual jsonb) RETURNS text
LANGUAGE sql AS {body}
