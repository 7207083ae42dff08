-- Attempts that are due later; the sweeper takes them out and runs them.
CREATE TABLE IF NOT EXISTS cronlift.retry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL REFERENCES cronlift.gate ON DELETE CASCADE,
  tick timestamptz,
  attempt integer NOT NULL,
  due_at timestamptz NOT NULL,
  UNIQUE (job, tick, attempt)
);
