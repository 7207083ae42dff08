-- The queues whose rows are turned away into a queue that nobody runs, since their state may not change.
CREATE OR REPLACE FUNCTION cronlift.turned_away() RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $turned_away$
SELECT split_part(encode(t.tgargs, 'escape'), '\000', 1)
FROM pg_trigger AS t
WHERE t.tgname = 'zz_cronlift_fence' AND t.tgparentid = 0 AND right(encode(t.tgargs, 'escape'), 13) = '\000queue\000'
$turned_away$;
