-- Of the queue's latest rows (of a busy one those of some minutes): how many are there, how many say they are cron's, how
-- many of the worker's say it and do not, and by how many seconds cron's rows came after their tick (the row's own, or
-- the nearest minute): the median.
SELECT
  count(*),
  count(*) FILTER (WHERE cron),
  count(*) FILTER (WHERE cron AND worker = %(worker)s),
  count(*) FILTER (WHERE NOT cron AND worker = %(worker)s),
  percentile_cont(0.5) WITHIN GROUP (
    ORDER BY extract(epoch FROM inserted - coalesce(tick, date_trunc('minute', inserted + interval '30 seconds')))
  ) FILTER (WHERE cron)
FROM (
  SELECT
    worker,
    coalesce(meta @> '{{"cron": true}}', false) AS cron,
    cronlift.instant(meta ->> 'cron_at') AS tick,
    CASE WHEN pg_typeof(inserted_at) = 'timestamp with time zone'::regtype THEN inserted_at::text::timestamptz
      ELSE inserted_at::text::timestamp AT TIME ZONE 'UTC' END AS inserted
  FROM {relation}
  ORDER BY id DESC
  LIMIT 200000
) AS latest
