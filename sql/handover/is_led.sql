-- Whether another job's run of this very tick leads the job's: it follows that one, which is due then, too, and is
-- pg_cron's.
CREATE OR REPLACE FUNCTION cronlift.is_led(gate cronlift.gate, tick timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $is_led$
SELECT EXISTS (
  SELECT
  FROM cronlift.gate AS g
  WHERE cronlift.base(g.job) = cronlift.base((gate).follows) AND g.state <> 'paused' AND NOT g.flat
    AND cronlift.owns(g, is_led.tick) AND cronlift.due(g, is_led.tick) = is_led.tick
)
$is_led$;
