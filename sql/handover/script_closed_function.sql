-- What script_closed asks.
CREATE OR REPLACE FUNCTION pg_temp.cronlift_closed(in_job text) RETURNS boolean
LANGUAGE plpgsql AS {body}
