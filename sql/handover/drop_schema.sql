-- Gate, run log, runner: all of it.
DROP SCHEMA cronlift CASCADE
