-- The functions and procedures of installed proposals.
SELECT p.oid FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = pg_catalog.to_regnamespace('cronlift_realtime')
