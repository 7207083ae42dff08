-- Where proposals put their objects, and the marks: one row for each statement that made a job worth running, from
-- due_at on. Rows are only added by writers, who so never wait for each other, and taken away by the run.
CREATE SCHEMA IF NOT EXISTS cronlift_realtime;
CREATE TABLE IF NOT EXISTS cronlift_realtime.mark (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL,
  due_at timestamptz NOT NULL,
  marked_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX IF NOT EXISTS mark_job ON cronlift_realtime.mark (job);
