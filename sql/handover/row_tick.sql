-- The tick that a row stands for which names none, and whose transaction began at an instant; NULL where there is none.
CREATE OR REPLACE FUNCTION cronlift.row_tick(gate cronlift.gate, began timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $row_tick$
DECLARE
  tick timestamptz := cronlift.due(gate, began + interval '150 seconds');
BEGIN
  WHILE tick - cronlift.room(gate, tick) > began LOOP
    tick := cronlift.due(gate, tick - interval '1 minute');
  END LOOP;
  RETURN tick;
END
$row_tick$;
