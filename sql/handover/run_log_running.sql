-- What the sweeper looks through every minute.
CREATE INDEX IF NOT EXISTS run_log_running ON cronlift.run_log (id) WHERE state = 'running';
