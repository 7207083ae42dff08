CREATE PROCEDURE public.prewarm_worker_job()
LANGUAGE plpgsql AS $job$
#variable_conflict use_column
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'public, pg_temp', false);
  REFRESH MATERIALIZED VIEW CONCURRENTLY public.hot_item;
  COMMIT;
INSERT INTO public.cart (id, found, expires_at)
SELECT id + 1000, 'é ' || price, NOW() + INTERVAL '24 hours' FROM public.hot_item
ON CONFLICT (id) DO NOTHING;
END
$job$
