-- How far the planner's statistics say a column lies below a moment: the share of rows (0 to 1) older than
-- now - %(interval)s (as text), from the column's histogram; NULL where it was never analysed.
SELECT
  (1 - s.null_frac) * (
    SELECT pg_catalog.count(*) FILTER (WHERE b.bound::timestamptz < pg_catalog.now() - %(interval)s::interval)::double precision
      / NULLIF(pg_catalog.count(*), 0)
    FROM pg_catalog.unnest(s.histogram_bounds::text::text[]) AS b (bound)
  )
FROM pg_catalog.pg_stats AS s
WHERE s.schemaname = %(schema)s AND s.tablename = %(table)s AND s.attname = %(column)s
