-- Every cron insert of the application that the fence turned away.
CREATE TABLE IF NOT EXISTS cronlift.fence_hit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL,
  relation text NOT NULL,
  queue_id bigint,
  tick timestamptz NOT NULL,
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
