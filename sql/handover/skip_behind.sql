-- What follows a job is left out at a tick at which that was, in the log too.
CREATE OR REPLACE FUNCTION cronlift.skip_behind(lead cronlift.gate, tick timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $skip_behind$
DECLARE
  gate cronlift.gate;
BEGIN
  FOR gate IN
    SELECT g.* FROM cronlift.gate AS g
    WHERE cronlift.base(g.follows) = cronlift.base(lead.job) AND NOT g.flat AND cronlift.owns(g, tick)
    ORDER BY g.job
  LOOP
    IF cronlift.due(gate, tick) = tick THEN
      PERFORM cronlift.skip(gate, tick, 'tick', format('%s, which it follows, was left out', lead.job));
    END IF;
  END LOOP;
END
$skip_behind$;
