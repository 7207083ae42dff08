-- The switch: one update for all jobs of an act. A row whose deadline has passed stays as it is, and the act is undone.
-- An instant that stays keeps its rows_from or rows_until.
UPDATE cronlift.gate AS g
SET state = n.state, pg_from = n.pg_from, pg_until = n.pg_until, flat = n.flat, resumes = n.resumes,
  rows_from = CASE WHEN n.pg_from = g.pg_from THEN g.rows_from ELSE n.rows_from END,
  rows_until = CASE WHEN n.pg_until = g.pg_until THEN g.rows_until ELSE n.rows_until END,
  changed_at = clock_timestamp()
FROM unnest(
  %(jobs)s::text[], %(states)s::text[], %(froms)s::timestamptz[], %(untils)s::timestamptz[],
  %(rows_from)s::timestamptz[], %(rows_until)s::timestamptz[], %(flats)s::boolean[], %(resumes)s::text[],
  %(deadlines)s::timestamptz[]
) AS n (job, state, pg_from, pg_until, rows_from, rows_until, flat, resumes, deadline)
WHERE g.job = n.job AND (n.deadline IS NULL OR clock_timestamp() <= n.deadline)
RETURNING g.job
