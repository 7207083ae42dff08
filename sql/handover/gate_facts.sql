-- A job's row of the gate: what the plan settled about it, and where it stands.
SELECT
  pg_catalog.to_jsonb(g) - ARRAY[
    'job', 'state', 'pg_from', 'pg_until', 'rows_from', 'rows_until', 'flat', 'flat_until', 'resumes', 'changed_at'
  ] AS facts,
  g.state,
  g.pg_from,
  g.pg_until,
  g.flat
FROM cronlift.gate AS g
WHERE g.job = {job}
