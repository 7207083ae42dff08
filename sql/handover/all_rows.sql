-- Every job behind the gate, whether its row is of this very database, and the name of its cron entry where that is
-- flattened (it asks no gate).
SELECT
  g.job, g.state, cronlift.here(g.system_identifier, g.database), CASE WHEN g.flat THEN g.cron_name END AS flat_entry
FROM cronlift.gate AS g
ORDER BY g.job
