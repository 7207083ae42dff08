-- The fence on a queue table, as it is.
SELECT pg_catalog.jsonb_build_object(
  'function', pg_catalog.format('%I.%I', n.nspname, p.proname),
  'arguments', pg_catalog.encode(t.tgargs, 'escape'),
  'armed', CASE t.tgenabled WHEN 'O' THEN 'yes' ELSE 'no' END
) AS facts
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE t.tgrelid = pg_catalog.to_regclass({relation}) AND t.tgname = 'zz_cronlift_fence'
