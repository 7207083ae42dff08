-- The names of PostgreSQL's own functions (lib/cronlift/sql/builtin_functions.txt).
SELECT DISTINCT proname
FROM pg_catalog.pg_proc
WHERE pronamespace = 'pg_catalog'::pg_catalog.regnamespace
ORDER BY 1
