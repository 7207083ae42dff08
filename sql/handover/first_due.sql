-- The first of the firings %(firings)s that the guard %(guard)s lets through.
SELECT f.at
FROM unnest(%(firings)s::timestamptz[]) AS f (at)
WHERE cronlift.is_due(%(guard)s, f.at)
ORDER BY f.at
LIMIT 1
