-- How many rows this session has inserted, updated and deleted since it last reported its statistics: the difference
-- of two calls within a transaction is what was written in between.
CREATE OR REPLACE FUNCTION cronlift.written() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $written$
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_xact_user_tables
WHERE schemaname <> 'cronlift'
$written$;
