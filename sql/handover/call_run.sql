-- A managed job's command: the runner asks the gate.
CALL cronlift.run({job})
