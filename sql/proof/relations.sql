-- Every relation that holds rows (tables, UNLOGGED ones too, partitions, materialized views), with its size in bytes;
-- foreign tables too, whose rows live elsewhere; whether it is a heap (rows have a place and a
-- writer), the number of its file (another one after TRUNCATE and what else rewrites it), and whether it is one of
-- cronlift's own (the gate, the run log, …: schema_mark.sql). Left out: the system's, those of extensions, temporary ones.
SELECT
  n.nspname::text,
  c.relname::text,
  c.relkind::text,
  c.relpersistence = 'u',
  c.relkind <> 'm' OR c.relispopulated,
  CASE WHEN c.relkind = 'f' THEN 0 ELSE pg_catalog.pg_table_size(c.oid) END,
  CASE WHEN c.relkind = 'f' THEN FALSE ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END,
  ARRAY(
    SELECT a.attname::text
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
  ),
  ARRAY(
    SELECT a.attname::text
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
    ORDER BY a.attnum
  ),
  ARRAY(
    SELECT pg_catalog.format_type(a.atttypid, a.atttypmod)
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
  ),
  coalesce(am.amname = 'heap', FALSE),
  c.relfilenode::bigint,
  n.nspname = 'cronlift'
    AND coalesce(pg_catalog.starts_with(pg_catalog.obj_description(n.oid, 'pg_namespace'), 'cronlift handover '), FALSE)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
WHERE c.relkind IN ('r', 'm', 'f')
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
  AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY n.nspname, c.relname
