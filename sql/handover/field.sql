-- One field of a cron expression as its values. Reads what cronlift writes (numbers, names, ranges, steps, lists);
-- whatever pg_cron takes beyond that by accident is an error here.
CREATE OR REPLACE FUNCTION cronlift.field(field text, low integer, high integer, names text[]) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $field$
DECLARE
  item text;
  part text[];
  first integer;
  last integer;
  found integer[] := ARRAY[]::integer[];
BEGIN
  FOREACH item IN ARRAY string_to_array(lower(field), ',') LOOP
    part := regexp_match(item, '^(?:(\*)|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,4}))?$');
    IF part[1] IS NOT NULL THEN
      first := low;
      last := high;
    ELSE
      first := CASE WHEN part[2] ~ '[a-z]' THEN array_position(names, part[2]) + low - 1 ELSE part[2]::integer END;
      last := CASE WHEN part[3] ~ '[a-z]' THEN array_position(names, part[3]) + low - 1 ELSE part[3]::integer END;
    END IF;
    IF first IS NULL OR first < low OR coalesce(last, first) NOT BETWEEN first AND high
      OR (last IS NULL AND (part[3] IS NOT NULL OR part[4] IS NOT NULL)) OR part[4]::integer = 0
    THEN
      RAISE EXCEPTION 'cronlift cannot read % in a schedule', quote_literal(item) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    found := found || ARRAY(SELECT generate_series(first, coalesce(last, first), coalesce(part[4]::integer, 1)));
  END LOOP;
  RETURN found;
END
$field$;
