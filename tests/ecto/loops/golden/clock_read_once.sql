CREATE PROCEDURE public.clock_read_once_job()
LANGUAGE plpgsql AS $job$
#variable_conflict use_column
DECLARE
  cronlift_value_1 timestamp without time zone;
  cronlift_rows bigint;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'public, pg_temp', false);
  cronlift_value_1 := CAST(date_trunc('second', (now() AT TIME ZONE 'UTC') - interval '3 days') AS timestamp without time zone);
  LOOP
    DELETE FROM public."visits" AS v0 WHERE (v0."id" IN (SELECT sv0."id" FROM public."visits" AS sv0 WHERE (sv0."inserted_at" < cronlift_value_1) LIMIT 5));
    GET DIAGNOSTICS cronlift_rows = ROW_COUNT;
    COMMIT;
    EXIT WHEN cronlift_rows = 0;
  END LOOP;
END
$job$
