-- The types' names, in order; qualified unless they are PostgreSQL's own (run with an empty search_path).
SELECT array_agg(pg_catalog.format_type(wanted.type, NULL) ORDER BY wanted.position)
FROM unnest(%(types)s::oid[]) WITH ORDINALITY AS wanted (type, position)
