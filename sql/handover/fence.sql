-- The fence: turns away what the application's scheduler inserts for a tick that pg_cron owns. It never raises: Oban
-- inserts all due entries of a minute in one transaction. tg_argv: the relation, and which column turns a row away
-- (state; queue where the table is partitioned by state, which a trigger may not change).
CREATE OR REPLACE FUNCTION cronlift.fence() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '50ms' AS $fence$
DECLARE
  was record := NEW;
  named timestamptz;
  turned_away text;
BEGIN
  -- The row's own tick where it names one; else when its transaction began: Oban for Elixir reads its clock behind BEGIN
  -- (lib/oban/cron.ex, up to 2.23), so that a row's tick is the minute in which that is.
  named := cronlift.instant(NEW.meta ->> 'cron_at');
  SELECT g.job INTO turned_away
  FROM cronlift.gate AS g
  WHERE g.relation = TG_ARGV[0] AND g.worker = NEW.worker AND g.args = NEW.args
    AND (g.cron_expr IS NULL OR g.cron_expr = NEW.meta ->> 'cron_expr')
    AND cronlift.owns_row(g, named, now());
  IF turned_away IS NULL THEN
    RETURN NEW;
  END IF;
  INSERT INTO cronlift.fence_hit (job, relation, queue_id, tick, began)
  VALUES (turned_away, TG_ARGV[0], NEW.id, date_trunc('minute', named), now());
  IF TG_ARGV[1] = 'queue' THEN
    -- It stays available: whatever a worker's unique: looks at (queue, worker, args, meta) must be another's.
    NEW.meta := jsonb_build_object('cronlift', jsonb_build_object(
      'job', turned_away, 'queue', NEW.queue, 'worker', NEW.worker, 'args', NEW.args, 'meta', NEW.meta
    ));
    NEW.args := jsonb_build_object('cronlift', turned_away);
    NEW.worker := 'Cronlift.TurnedAway';
    NEW.queue := 'cronlift_turned_away';
    RETURN NEW;
  END IF;
  NEW.meta := NEW.meta || jsonb_build_object('cronlift', turned_away);
  NEW.state := 'cancelled';
  IF pg_typeof(NEW.cancelled_at) = 'timestamptz'::regtype THEN
    NEW.cancelled_at := clock_timestamp();
  ELSE
    NEW.cancelled_at := clock_timestamp() AT TIME ZONE 'UTC';
  END IF;
  RETURN NEW;
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'cronlift''s fence let a row of % pass: %', TG_ARGV[0], SQLERRM;
  RETURN was;
END
$fence$;
