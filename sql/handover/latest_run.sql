-- How the latest run of job %(job)s on its own schedule since %(since)s ended.
SELECT l.state
FROM cronlift.run_log AS l
WHERE l.job = %(job)s AND l.cause IN ('tick', 'retry') AND l.state IN ('succeeded', 'failed') AND l.tick >= %(since)s
ORDER BY l.id DESC
LIMIT 1
