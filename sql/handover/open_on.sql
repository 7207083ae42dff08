-- The jobs whose rows in these queues the fence holds back.
SELECT g.job
FROM cronlift.gate AS g
WHERE g.relation = ANY (%(relations)s) AND g.state NOT IN ('shut', 'disarmed')
  AND (g.pg_until IS NULL OR g.pg_until > clock_timestamp())
ORDER BY g.job
