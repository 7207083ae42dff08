-- Jobs behind a gate of this database whose rows in the queue look like those of a planned job: by relation, worker and
-- args, and by expression where both know theirs. One line for each pair: planned, known, and where that one stands.
SELECT p.job, g.job, g.state
FROM jsonb_to_recordset(%(planned)s::jsonb) AS p (job text, relation text, worker text, args jsonb, cron_expr text)
JOIN cronlift.gate AS g
  ON g.relation = p.relation AND g.worker = p.worker AND g.args = p.args
  AND (g.cron_expr IS NULL OR p.cron_expr IS NULL OR g.cron_expr = p.cron_expr)
WHERE g.job <> p.job AND cronlift.here(g.system_identifier, g.database)
ORDER BY p.job, g.job
