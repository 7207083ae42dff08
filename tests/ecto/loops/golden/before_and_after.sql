CREATE PROCEDURE public.before_and_after_job()
LANGUAGE plpgsql AS $job$
#variable_conflict use_column
DECLARE
  cronlift_rows bigint;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'public, pg_temp', false);
  UPDATE public."visits" AS v0 SET "status" = 'void' WHERE (v0."room" = 1);
  COMMIT;
  LOOP
    DELETE FROM public."visits" AS v0 WHERE (v0."id" IN (SELECT sv0."id" FROM public."visits" AS sv0 WHERE (sv0."status" = 'void') LIMIT 7));
    GET DIAGNOSTICS cronlift_rows = ROW_COUNT;
    COMMIT;
    EXIT WHEN cronlift_rows = 0;
  END LOOP;
  DELETE FROM "billing"."bills" AS b0 WHERE (b0."state" = 'void');
END
$job$
