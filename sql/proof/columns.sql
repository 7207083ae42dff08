-- A table's columns: type as SQL, base type and category (a domain's are its base type's), scale of numeric, and what
-- may be put in; the referenced table and column where a foreign key of one column stands on it.
SELECT
  a.attname::text,
  pg_catalog.format_type(a.atttypid, a.atttypmod),
  b.typname::text,
  b.typcategory::text,
  CASE
    WHEN b.typname = 'numeric' AND a.atttypmod >= 4 THEN (a.atttypmod - 4) & 65535
    WHEN b.typname = 'numeric' THEN 6
    ELSE 0
  END,
  a.attnotnull OR t.typnotnull,
  a.atthasdef,
  a.attidentity::text,
  a.attgenerated <> '',
  (
    SELECT ARRAY[f.confrelid::regclass::text, pg_catalog.quote_ident(r.attname)]
    FROM pg_catalog.pg_constraint AS f
    JOIN pg_catalog.pg_attribute AS r ON r.attrelid = f.confrelid AND r.attnum = f.confkey[1]
    WHERE f.contype = 'f' AND f.conrelid = a.attrelid AND f.conkey = ARRAY[a.attnum]
    LIMIT 1
  ),
  (
    SELECT pg_catalog.quote_literal(e.enumlabel)
    FROM pg_catalog.pg_enum AS e
    WHERE e.enumtypid = b.oid
    ORDER BY e.enumsortorder
    LIMIT 1
  )
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
JOIN pg_catalog.pg_type AS b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
WHERE a.attrelid = %(oid)s::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
