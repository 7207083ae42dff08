-- Single runs, by their numbers. alive: whether whoever did it is still there, where it has no end.
SELECT
  s.id, s.key, s.state, s.started_at, s.ended_at, s.rows, s.message, s.command,
  CASE WHEN s.state = 'running' THEN {alive} END AS alive
FROM {source} AS s
WHERE s.id = ANY (%(ids)s)
