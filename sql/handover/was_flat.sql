-- From now on the log knows of the ticks of job %(job)s again.
UPDATE cronlift.gate AS g
SET flat_until = clock_timestamp()
WHERE g.job = %(job)s
