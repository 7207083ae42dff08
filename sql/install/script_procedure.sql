-- For a script: whether the procedure is there as planned; an error where something else has its name.
CREATE OR REPLACE FUNCTION pg_temp.cronlift_procedure(in_schema text, in_name text, planned jsonb) RETURNS boolean
LANGUAGE plpgsql AS {body}
