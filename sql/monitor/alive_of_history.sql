-- Whether the process that a run was given to is still there (NULL: it was given to none yet).
CASE WHEN s.pid IS NOT NULL THEN EXISTS (
  SELECT
  FROM pg_catalog.pg_stat_activity AS a
  WHERE a.pid = s.pid AND COALESCE(a.backend_start <= s.started_at + interval '1 minute', TRUE)
) END
