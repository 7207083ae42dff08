-- The switch: one update for all jobs of an act. A row whose deadline has passed stays as it is, and the act is undone.
UPDATE cronlift.gate AS g
SET state = n.state, pg_from = n.pg_from, pg_until = n.pg_until, flat = n.flat, resumes = n.resumes,
  changed_at = clock_timestamp()
FROM unnest(
  %(jobs)s::text[], %(states)s::text[], %(froms)s::timestamptz[], %(untils)s::timestamptz[], %(flats)s::boolean[],
  %(resumes)s::text[], %(deadlines)s::timestamptz[]
) AS n (job, state, pg_from, pg_until, flat, resumes, deadline)
WHERE g.job = n.job AND (n.deadline IS NULL OR clock_timestamp() <= n.deadline)
RETURNING g.job
