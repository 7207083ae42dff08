-- One way to write every value as text, whatever either side had set.
SELECT
  pg_catalog.set_config('search_path', 'pg_catalog', true),
  pg_catalog.set_config('TimeZone', 'UTC', true),
  pg_catalog.set_config('DateStyle', 'ISO, YMD', true),
  pg_catalog.set_config('IntervalStyle', 'postgres', true),
  pg_catalog.set_config('bytea_output', 'hex', true),
  pg_catalog.set_config('extra_float_digits', '1', true),
  pg_catalog.set_config('row_security', 'off', true),
  pg_catalog.set_config('statement_timeout', '0', true)
