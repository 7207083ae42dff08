-- Every table the fence is on, and whether it turns rows away into a queue.
SELECT
  pg_catalog.format('%I.%I', n.nspname, c.relname),
  pg_catalog.right(pg_catalog.encode(t.tgargs, 'escape'), 13) = '\000queue\000'
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE t.tgname = 'zz_cronlift_fence' AND t.tgparentid = 0
ORDER BY 1
