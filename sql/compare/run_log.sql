-- How long the latest runs of a job took by cronlift's own run log, in milliseconds.
SELECT extract(epoch FROM ended_at - started_at)::float8 * 1000
FROM cronlift.run_log
WHERE job = %(job)s AND state = 'succeeded' AND ended_at IS NOT NULL
ORDER BY id DESC
LIMIT 1000
