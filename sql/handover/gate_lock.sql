-- Nobody else changes these rows until this transaction ends; whoever runs a job only reads them.
SELECT count(*) FROM (SELECT FROM cronlift.gate AS g WHERE g.job = ANY (%(jobs)s) ORDER BY g.job FOR UPDATE) AS locked
