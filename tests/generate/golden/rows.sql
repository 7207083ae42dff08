CREATE PROCEDURE public.rows_job()
LANGUAGE plpgsql SET search_path = public, pg_temp AS $job$
#variable_conflict use_column
BEGIN
  PERFORM forget_carts();
  EXECUTE $sql$WITH x AS (SELECT 1) SELECT forget_carts() FROM x$sql$;
  EXECUTE $sql1$DELETE FROM cart WHERE found = '$sql$' RETURNING id$sql1$;
/* all of it */ PERFORM * from hot_item -- yes
;
END
$job$
