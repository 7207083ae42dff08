CREATE PROCEDURE public.raw_sql_job()
LANGUAGE plpgsql AS $job$
#variable_conflict use_column
DECLARE
  cronlift_rows bigint;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'public, pg_temp', false);
  LOOP
    DELETE FROM public.visits WHERE id IN (SELECT id FROM public.visits WHERE room = CAST(2 AS integer) LIMIT 3);
    GET DIAGNOSTICS cronlift_rows = ROW_COUNT;
    COMMIT;
    EXIT WHEN cronlift_rows <> 3;
  END LOOP;
END
$job$
