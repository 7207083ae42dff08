CREATE PROCEDURE public.cart_cleanup_worker_job()
LANGUAGE plpgsql SET search_path = public, pg_temp AS $job$
#variable_conflict use_column
BEGIN
DELETE FROM cart
WHERE expires_at <= NOW();
END
$job$
