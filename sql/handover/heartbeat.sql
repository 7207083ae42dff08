-- When each role's sweeper last ran: how far behind pg_cron is.
CREATE TABLE IF NOT EXISTS cronlift.heartbeat (
  job_role name PRIMARY KEY,
  tick timestamptz NOT NULL,
  at timestamptz NOT NULL
);
