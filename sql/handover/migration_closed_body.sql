-- The migration's way back: not while pg_cron owns one of the jobs.
BEGIN
  IF pg_catalog.to_regclass('cronlift.gate') IS NOT NULL THEN
    IF EXISTS (
      SELECT FROM cronlift.gate
      WHERE job = ANY ({jobs}::text[]) AND state NOT IN ('shut', 'disarmed')
        AND (pg_until IS NULL OR pg_until > pg_catalog.clock_timestamp())
    ) THEN
      RAISE EXCEPTION 'pg_cron owns jobs of this migration: give them back first (cronlift jobs rollback)';
    END IF;
  END IF;
END
