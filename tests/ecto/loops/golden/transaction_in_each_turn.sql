CREATE PROCEDURE public.transaction_in_each_turn_job()
LANGUAGE plpgsql AS $job$
#variable_conflict use_column
DECLARE
  cronlift_rows bigint;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'public, pg_temp', false);
  LOOP
    DELETE FROM public."visits" AS v0 WHERE (v0."id" IN (SELECT sv0."id" FROM public."visits" AS sv0 WHERE (sv0."status" = 'void') LIMIT 7));
    GET DIAGNOSTICS cronlift_rows = ROW_COUNT;
    UPDATE "billing"."bills" AS b0 SET "tries" = b0."tries" + 1 WHERE (b0."state" = 'draft');
    COMMIT;
    EXIT WHEN cronlift_rows = 0;
  END LOOP;
END
$job$
