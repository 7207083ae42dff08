-- For a script: whether the job's row of the gate is there as planned; an error where it is not as planned.
CREATE OR REPLACE FUNCTION pg_temp.cronlift_gate(in_job text, planned jsonb) RETURNS boolean
LANGUAGE plpgsql AS {body}
