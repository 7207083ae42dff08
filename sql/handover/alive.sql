-- Whether the application's scheduler was at work for the tick %(tick)s: another cron row of that minute in the queue.
SELECT count(*)
FROM {relation}
WHERE meta @> '{{"cron": true}}'
  AND CASE WHEN pg_typeof(inserted_at) = 'timestamp with time zone'::regtype THEN inserted_at::text::timestamptz
    ELSE inserted_at::text::timestamp AT TIME ZONE 'UTC' END BETWEEN %(tick)s AND %(tick)s + interval '1 minute'
