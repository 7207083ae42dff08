-- Alert where a row comes: a change has waited for more than five minutes.
SELECT job, min(due_at) AS waiting_since, count(*) AS marks
FROM cronlift_realtime.mark
WHERE job = {job} AND due_at < now() - interval '5 minutes'
GROUP BY job
