-- How long the latest runs of a worker took that Oban's crontab put into the queue, in milliseconds.
SELECT extract(epoch FROM completed_at - attempted_at)::float8 * 1000
FROM oban_jobs
WHERE worker = %(worker)s AND meta @> '{"cron": true}' AND state = 'completed' AND attempted_at IS NOT NULL
  AND (%(args)s::jsonb IS NULL OR args = %(args)s::jsonb)
ORDER BY id DESC
LIMIT 1000
