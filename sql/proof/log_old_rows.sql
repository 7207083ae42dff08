-- Every table of ours tells its old rows whole in the log (manual, ALTER TABLE … REPLICA IDENTITY FULL).
DO $$
DECLARE
  found regclass;
BEGIN
  FOR found IN
    SELECT c.oid::regclass
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY FULL', found);
  END LOOP;
END
$$
