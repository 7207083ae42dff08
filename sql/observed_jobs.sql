-- What Oban recorded of its cron jobs: runs, failures, durations in milliseconds and the last run, per worker and args.
SELECT
  worker,
  args,
  count(*) FILTER (WHERE state = 'completed')::int AS runs,
  count(*) FILTER (WHERE state IN ('retryable', 'discarded'))::int AS failures,
  percentile_cont(0.5) WITHIN GROUP (
    ORDER BY extract(epoch FROM completed_at - attempted_at) * 1000
  ) FILTER (WHERE state = 'completed') AS p50_ms,
  percentile_cont(0.95) WITHIN GROUP (
    ORDER BY extract(epoch FROM completed_at - attempted_at) * 1000
  ) FILTER (WHERE state = 'completed') AS p95_ms,
  to_char(max(attempted_at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_run
FROM oban_jobs
WHERE meta @> '{"cron": true}'
GROUP BY worker, args
ORDER BY worker, args
