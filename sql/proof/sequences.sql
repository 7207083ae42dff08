-- The sequences of the database, those of extensions left out, and those of cronlift's own schema: runs of managed jobs
-- use them meanwhile, and one that is put back would hand out numbers again that are in the run log already.
SELECT n.nspname::text, c.relname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'S'
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
  AND NOT (
    n.nspname = 'cronlift'
    AND coalesce(pg_catalog.starts_with(pg_catalog.obj_description(n.oid, 'pg_namespace'), 'cronlift handover '), FALSE)
  )
  AND CASE WHEN c.relkind = 'S' THEN
    pg_catalog.has_sequence_privilege(c.oid, 'SELECT') AND pg_catalog.has_sequence_privilege(c.oid, 'UPDATE')
  END
  AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY n.nspname, c.relname
