-- For a script: whether the cron entry is there as planned; an error where something else has its name.
CREATE OR REPLACE FUNCTION pg_temp.cronlift_entry(in_name text, planned jsonb) RETURNS boolean
LANGUAGE plpgsql AS {body}
