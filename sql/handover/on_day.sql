-- Whether a date is one of an expression's. either: a day of the month or a weekday is enough.
CREATE OR REPLACE FUNCTION cronlift.on_day(
  day date, days integer[], months integer[], weekdays integer[], either boolean, last_day boolean
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $on_day$
SELECT extract(month FROM day)::integer = ANY (months)
  AND CASE
    WHEN either THEN
      extract(day FROM day)::integer = ANY (days) OR (last_day AND extract(day FROM day + 1) = 1)
      OR extract(dow FROM day)::integer = ANY (weekdays)
    ELSE
      (extract(day FROM day)::integer = ANY (days) OR (last_day AND extract(day FROM day + 1) = 1))
      AND extract(dow FROM day)::integer = ANY (weekdays)
  END
$on_day$;
