-- Every cron insert of the application that the fence turned away: for which tick (NULL: the row names none), and when its
-- transaction began.
CREATE TABLE IF NOT EXISTS cronlift.fence_hit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL,
  relation text NOT NULL,
  queue_id bigint,
  tick timestamptz,
  began timestamptz NOT NULL DEFAULT pg_catalog.now(),
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
