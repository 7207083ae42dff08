-- The latest runs of the jobs behind a gate, as the run log has them: what a shut gate held back is none.
SELECT job, tick, attempt, cause, state, started_at, ended_at, rows, message
FROM cronlift.run_log
WHERE job = ANY (%(jobs)s)
ORDER BY id DESC
LIMIT 10
