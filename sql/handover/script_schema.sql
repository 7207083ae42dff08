-- For a script: whether schema cronlift is there as planned; an error where it is somebody else's.
CREATE OR REPLACE FUNCTION pg_temp.cronlift_schema(planned text, roles text[]) RETURNS boolean
LANGUAGE plpgsql AS {body}
