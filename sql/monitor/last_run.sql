-- The highest number of a run.
SELECT pg_catalog.max(s.id) FROM {source} AS s
