-- The run log: one row per attempt to run a job. tick NULL: which tick it stood for is not known, or none (by hand).
CREATE TABLE IF NOT EXISTS cronlift.run_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL,
  tick timestamptz,
  attempt integer NOT NULL DEFAULT 1,
  cause text NOT NULL CHECK (cause IN ('tick', 'retry', 'catch_up', 'by_hand')),
  state text NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'skipped')),
  started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  ended_at timestamptz,
  pid integer NOT NULL DEFAULT pg_catalog.pg_backend_pid(),
  rows bigint,
  message text,
  plan_hash text NOT NULL
);
