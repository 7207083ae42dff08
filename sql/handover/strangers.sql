-- What is not cronlift's and goes with schema cronlift if that is dropped with all that needs it: objects of others in the
-- schema, and objects elsewhere that are made from something in it (views, columns, foreign keys, functions). A fence's
-- trigger is cronlift's own. {trigger} is its name.
WITH ours AS (
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS classid, c.oid, c.relowner AS owner
  FROM pg_catalog.pg_class AS c WHERE c.relnamespace = pg_catalog.to_regnamespace('cronlift')
  UNION ALL
  SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.proowner
  FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = pg_catalog.to_regnamespace('cronlift')
  UNION ALL
  SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.typowner
  FROM pg_catalog.pg_type AS t WHERE t.typnamespace = pg_catalog.to_regnamespace('cronlift')
), needing AS (
  -- A view needs by its rule, a table by a constraint or a column's default: the relation is what would go or change.
  SELECT DISTINCT
    coalesce(r.ev_class, nullif(k.conrelid, 0), a.adrelid, d.objid) AS oid,
    CASE WHEN coalesce(r.ev_class, nullif(k.conrelid, 0), a.adrelid) IS NULL THEN d.classid
      ELSE 'pg_catalog.pg_class'::pg_catalog.regclass END AS classid
  FROM pg_catalog.pg_depend AS d
  JOIN ours AS o ON o.classid = d.refclassid AND o.oid = d.refobjid
  LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
  LEFT JOIN pg_catalog.pg_constraint AS k
    ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objid
  LEFT JOIN pg_catalog.pg_attrdef AS a ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND a.oid = d.objid
  LEFT JOIN pg_catalog.pg_trigger AS t ON d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid = d.objid
  WHERE d.deptype IN ('n', 'a') AND t.tgname IS DISTINCT FROM {trigger}
)
SELECT pg_catalog.pg_describe_object(n.classid, n.oid, 0)
FROM needing AS n
WHERE NOT EXISTS (SELECT FROM ours AS o WHERE o.classid = n.classid AND o.oid = n.oid)
  AND (pg_catalog.pg_identify_object(n.classid, n.oid, 0)).schema IS DISTINCT FROM 'pg_toast'
UNION
SELECT pg_catalog.pg_describe_object(o.classid, o.oid, 0)
FROM ours AS o
WHERE o.owner <> (SELECT s.nspowner FROM pg_catalog.pg_namespace AS s WHERE s.nspname = 'cronlift')
  AND (pg_catalog.pg_identify_object(o.classid, o.oid, 0)).type NOT IN ('composite type', 'type')
ORDER BY 1
