-- Every gate is shut, whatever it was.
UPDATE cronlift.gate SET state = 'disarmed', changed_at = clock_timestamp() WHERE state <> 'disarmed'
