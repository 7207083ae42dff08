CREATE PROCEDURE public.names_job()
LANGUAGE plpgsql AS $job$
#variable_conflict use_column
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'other, "Späti", public, pg_temp', false);
  WITH cart AS (SELECT * FROM public.cart WHERE found <> $$é cart$$) DELETE FROM "Späti"."Täg" USING cart c WHERE c.id = "Täg".id;
  COMMIT;
  PERFORM age(i.created), lower('cart') FROM public.item i WHERE i.id IN (SELECT id FROM public.hot_item) FOR UPDATE OF i;
  COMMIT;
  INSERT INTO public.cart_archive SELECT * FROM public.cart c WHERE NOT EXISTS (SELECT FROM public.cart_archive a WHERE a.id = c.id);
END
$job$
