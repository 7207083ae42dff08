-- A tick is run once: whoever comes second finds it taken.
CREATE UNIQUE INDEX IF NOT EXISTS run_log_once ON cronlift.run_log (job, tick)
WHERE tick IS NOT NULL AND cause IN ('tick', 'catch_up');
