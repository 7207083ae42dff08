-- The latest firing of a pg_cron expression that is not after an instant; NULL where it never fires. Follows entry.c of
-- pg_cron (parse_cron_entry: day of month and weekday are joined by OR where neither begins with *) and reads the
-- wall clock of the zone pg_cron reads: a time that a change of the clock skips never fires, a repeated one twice.
CREATE OR REPLACE FUNCTION cronlift.tick(schedule text, at timestamptz, timezone text DEFAULT 'GMT') RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $tick$
DECLARE
  fields text[] := regexp_split_to_array(btrim(CASE lower(btrim(schedule))
    WHEN '@yearly' THEN '0 0 1 1 *' WHEN '@annually' THEN '0 0 1 1 *' WHEN '@monthly' THEN '0 0 1 * *'
    WHEN '@weekly' THEN '0 0 * * 0' WHEN '@daily' THEN '0 0 * * *' WHEN '@midnight' THEN '0 0 * * *'
    WHEN '@hourly' THEN '0 * * * *' ELSE schedule
  END, E' \t'), E'[ \t]+');
  minute timestamptz := date_trunc('minute', at, 'UTC');
  minutes integer[];
  hours integer[];
  days integer[];
  months integer[];
  weekdays integer[];
  either boolean;
  last_day boolean;
  day date;
  found timestamptz;
BEGIN
  IF cardinality(fields) <> 5 THEN
    RAISE EXCEPTION 'cronlift cannot read the schedule %', quote_literal(schedule)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  minutes := cronlift.field(fields[1], 0, 59, '{}');
  hours := cronlift.field(fields[2], 0, 23, '{}');
  last_day := fields[3] = '$';
  days := CASE WHEN last_day THEN '{}' ELSE cronlift.field(fields[3], 1, 31, '{}') END;
  months := cronlift.field(fields[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}');
  weekdays := cronlift.field(fields[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}');
  IF 7 = ANY (weekdays) THEN
    weekdays := weekdays || 0;
  END IF;
  either := fields[3] NOT LIKE '*%' AND fields[5] NOT LIKE '*%';

  -- Most schedules fire within hours: every minute is looked at by itself.
  SELECT max(i) INTO found
  FROM generate_series(minute - interval '3 hours', minute, interval '1 minute') AS i
  CROSS JOIN LATERAL (SELECT i AT TIME ZONE timezone) AS wall (clock)
  WHERE extract(minute FROM clock)::integer = ANY (minutes)
    AND extract(hour FROM clock)::integer = ANY (hours)
    AND cronlift.on_day(clock::date, days, months, weekdays, either, last_day);
  IF found IS NOT NULL THEN
    RETURN found;
  END IF;

  -- The others: day by day, each wall time with every instant that may show it (clocks change by at most two hours).
  -- 29 February on a given weekday comes after at most 40 years.
  day := (at AT TIME ZONE timezone)::date + 1;
  FOR back IN 0 .. 14700 LOOP
    IF cronlift.on_day(day, days, months, weekdays, either, last_day) THEN
      SELECT max(instant) INTO found
      FROM unnest(hours) AS h
      CROSS JOIN unnest(minutes) AS m
      CROSS JOIN LATERAL (SELECT day + make_time(h, m, 0)) AS wall (clock)
      CROSS JOIN unnest('{-120,-60,-30,0,30,60,120}'::integer[]) AS shift
      CROSS JOIN LATERAL (SELECT (clock AT TIME ZONE timezone) + make_interval(mins => shift)) AS shown (instant)
      WHERE instant <= at AND instant AT TIME ZONE timezone = clock;
      EXIT WHEN found IS NOT NULL;
    END IF;
    day := day - 1;
  END LOOP;
  RETURN found;
END
$tick$;
