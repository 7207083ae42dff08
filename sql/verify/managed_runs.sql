-- Where each of the jobs %(jobs)s stands, since and until when, whether its entry calls the procedure itself, and how its
-- latest run on its own schedule through the runner ended (NULL: there was none).
SELECT g.job, g.state, latest.state, latest.message, latest.tick, g.pg_from, g.pg_until, g.flat
FROM cronlift.gate AS g
LEFT JOIN LATERAL (
  SELECT l.state, l.message, l.tick
  FROM cronlift.run_log AS l
  WHERE l.job = g.job AND l.cause IN ('tick', 'retry') AND l.state IN ('succeeded', 'failed')
  ORDER BY l.id DESC
  LIMIT 1
) AS latest ON true
WHERE g.job = ANY (%(jobs)s)
