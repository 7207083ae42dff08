-- Single runs, by their numbers.
SELECT s.id, s.key, s.state, s.started_at, s.ended_at, s.rows, s.message, s.command, s.alive
FROM {source} AS s
WHERE s.id = ANY (%(ids)s)
