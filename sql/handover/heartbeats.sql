-- When the sweepers last ran: for which minute, at what instant.
SELECT h.job_role::text, h.tick, h.at FROM cronlift.heartbeat AS h ORDER BY h.job_role
