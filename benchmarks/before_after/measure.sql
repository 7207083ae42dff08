-- What the measurement needs in a database beside the demo application's own objects: the rows that a run uses up are
-- put back by bench.reset, and everything that pg_cron's launcher writes down is noted with the wall clock.
CREATE SCHEMA bench;

CREATE UNLOGGED TABLE bench.expired AS
SELECT * FROM public.package_cache WHERE expires_at < now();

CREATE UNLOGGED TABLE bench.missing AS
SELECT ecosystem || ':' || package_name || ':' || version AS cache_key
FROM public.catalog_packages
WHERE (github_stars >= 1000 OR download_count >= 100000) AND id % 25 IN (3, 11);

-- One row for each thing that was seen. Unlogged: noting it must not add to the log that is being measured.
CREATE UNLOGGED TABLE bench.log (
  id bigint GENERATED ALWAYS AS IDENTITY,
  run bigint,
  job text,
  event text,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lsn pg_lsn NOT NULL DEFAULT pg_current_wal_insert_lsn(),
  execution_ms float8
);

-- The work of the next run: 5 % of the cache expired, 1 % of the packages changed, 8 % of the hot packages not cached.
CREATE FUNCTION bench.reset(job text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF job = 'cleanup' THEN
    INSERT INTO public.package_cache SELECT * FROM bench.expired ON CONFLICT (cache_key) DO NOTHING;
  ELSE
    UPDATE public.catalog_packages SET download_count = download_count + 1 WHERE id % 100 = 37;
    IF job = 'prewarm' THEN
      DELETE FROM public.package_cache AS c USING bench.missing AS m WHERE c.cache_key = m.cache_key;
    END IF;
  END IF;
END
$$;
