-- Every job behind the gate, and whether its row is of this very database.
SELECT g.job, g.state, cronlift.here(g.system_identifier, g.database)
FROM cronlift.gate AS g
ORDER BY g.job
