-- Whether a row is for a tick that pg_cron owns: the one it names, else (named NULL) by when its transaction began. Such
-- a row comes behind its tick, by a clock that may be ahead by half of the switch's margin: what begins earlier than that
-- before the first tick behind the switch is for a tick before it, however late it comes.
CREATE OR REPLACE FUNCTION cronlift.owns_row(
  gate cronlift.gate, named timestamptz, began timestamptz
) RETURNS boolean
LANGUAGE plpgsql STABLE AS $owns_row$
DECLARE
  tick timestamptz := named;
BEGIN
  IF tick IS NULL THEN
    tick := CASE
      WHEN began < coalesce(gate.rows_from, gate.pg_from) THEN '-infinity'
      WHEN began < coalesce(gate.rows_until, gate.pg_until, 'infinity') THEN gate.pg_from
      ELSE gate.pg_until
    END;
  END IF;
  RETURN cronlift.owns(gate, tick);
END
$owns_row$;
