-- Of the queue's latest rows (of a busy one those of some minutes): how many are there, how many say they are cron's, how
-- many of the worker's say it and do not, and by how many seconds cron's rows came after their tick: the median. The tick
-- is what the row names; else of the job's own latest rows (%(entry)s is their expression) the schedule's firing that
-- %(margin)s covers, since a clock may be whole minutes wrong; where there are none, of all rows the nearest minute.
-- Then, where cron's latest row of the worker that is none of the other entries' (nor one that a fence turned away) is
-- not the job's either (%(args)s, %(cron_expr)s where not NULL): what that row says.
WITH latest AS MATERIALIZED (
  SELECT
    id, worker, args, meta ->> 'cron_expr' AS cron_expr,
    coalesce(meta @> '{{"cron": true}}', false) AS cron,
    args = %(args)s::jsonb
      AND (%(cron_expr)s::text IS NULL OR coalesce(meta ->> 'cron_expr' = %(cron_expr)s, false)) AS own,
    coalesce(meta ? 'cronlift', false) AS turned_away,
    cronlift.instant(meta ->> 'cron_at') AS tick,
    CASE WHEN pg_typeof(inserted_at) = 'timestamp with time zone'::regtype THEN inserted_at::text::timestamptz
      ELSE inserted_at::text::timestamp AT TIME ZONE 'UTC' END AS inserted
  FROM {relation}
  ORDER BY id DESC
  LIMIT 200000
)
SELECT
  count(*),
  count(*) FILTER (WHERE cron),
  count(*) FILTER (WHERE cron AND worker = %(worker)s),
  count(*) FILTER (WHERE NOT cron AND worker = %(worker)s),
  coalesce(
    (
      SELECT percentile_cont(0.5) WITHIN GROUP (
        ORDER BY extract(epoch FROM mine.inserted - coalesce(
          mine.tick, cronlift.tick(%(schedule)s, mine.inserted + %(margin)s::interval, %(timezone)s)
        ))
      )
      FROM (
        SELECT inserted, tick
        FROM latest
        WHERE cron AND own AND worker = %(worker)s AND cron_expr = %(entry)s
        ORDER BY id DESC
        LIMIT 20
      ) AS mine
    ),
    percentile_cont(0.5) WITHIN GROUP (
      ORDER BY extract(epoch FROM inserted - coalesce(tick, date_trunc('minute', inserted + interval '30 seconds')))
    ) FILTER (WHERE cron)
  ),
  (
    SELECT CASE WHEN NOT last.own THEN
      format('args %%s, expression %%s, inserted %%s', last.args, coalesce(last.cron_expr, 'unknown'),
        to_char(last.inserted AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    END
    FROM latest AS last
    WHERE last.cron AND last.worker = %(worker)s AND (last.own OR NOT last.turned_away) AND NOT EXISTS (
      SELECT
      FROM jsonb_to_recordset(%(siblings)s::jsonb) AS other (args jsonb, cron_expr text)
      WHERE other.args = last.args AND (other.cron_expr IS NULL OR other.cron_expr = last.cron_expr)
    )
    ORDER BY last.id DESC
    LIMIT 1
  )
FROM latest
