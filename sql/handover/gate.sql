-- The gate: one row per job, and the one truth about who runs it. pg_cron owns the ticks t of a job with
-- pg_from <= t < pg_until; the application owns all others. schedule is pg_cron's expression, read in timezone; guard a
-- condition on the tick ($1) where the expression fires more often than the job is due. rows_from and rows_until are what
-- pg_from and pg_until are for rows that name no tick (NULL: the same instants; see owns_row). flat: the cron entry calls
-- the procedure itself; of ticks before flat_until it did, so that the run log does not know of them.
CREATE TABLE IF NOT EXISTS cronlift.gate (
  job text PRIMARY KEY,
  cron_name text NOT NULL,
  relation text NOT NULL,
  worker text NOT NULL,
  args jsonb NOT NULL,
  cron_expr text,
  schedule text NOT NULL,
  timezone text NOT NULL,
  guard text,
  procedure text,
  commits boolean NOT NULL DEFAULT false,
  job_role name NOT NULL,
  state text NOT NULL DEFAULT 'shut'
    CHECK (state IN ('shut', 'started', 'completed', 'paused', 'rolled_back', 'disarmed')),
  pg_from timestamptz,
  pg_until timestamptz,
  rows_from timestamptz,
  rows_until timestamptz,
  flat boolean NOT NULL DEFAULT false,
  flat_until timestamptz,
  resumes text CHECK (resumes IN ('started', 'completed')),
  plan_hash text NOT NULL,
  system_identifier bigint NOT NULL,
  database oid NOT NULL,
  overlap text NOT NULL DEFAULT 'queue' CHECK (overlap IN ('queue', 'skip', 'allow')),
  max_attempts integer NOT NULL DEFAULT 1 CHECK (max_attempts > 0),
  backoff text NOT NULL DEFAULT 'oban' CHECK (backoff ~ '^(oban|[0-9]{1,6})$'),
  catch_up boolean NOT NULL DEFAULT false,
  unique_across boolean NOT NULL DEFAULT false,
  follows text,
  changed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  CHECK (pg_from IS NOT NULL OR state IN ('shut', 'disarmed')),
  CHECK (pg_until IS NULL OR pg_from <= pg_until)
);
