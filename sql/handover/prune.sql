-- Keeps the records of the handover short: what is older than keep goes from the run log and from what the fence turned
-- away. A run that goes on stays, and each job's last run and last success, which catching up and the monitor go by.
CREATE OR REPLACE PROCEDURE cronlift.prune(IN keep interval)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $prune$
BEGIN
  IF keep IS NULL OR keep < interval '1 day' THEN
    RAISE EXCEPTION 'the run log is kept for a day at least, not %', coalesce(keep::text, 'NULL');
  END IF;
  DELETE FROM cronlift.run_log
  WHERE started_at < now() - keep AND state <> 'running' AND id NOT IN (
    SELECT max(id) FROM cronlift.run_log GROUP BY job
    UNION ALL
    SELECT max(id) FROM cronlift.run_log WHERE state = 'succeeded' GROUP BY job
  );
  DELETE FROM cronlift.fence_hit WHERE at < now() - keep;
END
$prune$;
