-- How long before a tick its rows may begin: half of the margin that a switch keeps from it (clocks that differ by more
-- are refused at a switch). A quarter of the gap before the tick, two and a half minutes at most.
CREATE OR REPLACE FUNCTION cronlift.room(gate cronlift.gate, tick timestamptz) RETURNS interval
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $room$
SELECT least((tick - cronlift.due(gate, tick - interval '1 minute')) / 4, interval '150 seconds')
$room$;
