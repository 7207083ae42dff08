-- The body of script_difference.
SELECT pg_catalog.string_agg(
  pg_catalog.format('%s: planned %s, found %s', key, planned ->> key, actual ->> key), E'\n' ORDER BY key
)
FROM pg_catalog.jsonb_object_keys(planned) AS key
WHERE planned -> key IS DISTINCT FROM actual -> key
