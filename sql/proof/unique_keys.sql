-- The columns of each unique index of a table (of its partitions too, where rows go), the primary key's first.
SELECT ARRAY(
  SELECT a.attname::text
  FROM pg_catalog.unnest(i.indkey::smallint[]) AS k (number)
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
)
FROM pg_catalog.pg_index AS i
WHERE i.indrelid = %(oid)s::oid AND i.indisunique
ORDER BY i.indisprimary DESC, i.indexrelid
