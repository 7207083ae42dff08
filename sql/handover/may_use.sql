-- The GRANT of the privileges %(privileges)s on queue %(relation)s that role %(role)s lacks; no row where it lacks none.
SELECT pg_catalog.format(
  'GRANT %%s ON %%s TO %%I;', pg_catalog.string_agg(p.name, ', '), %(relation)s::text, %(role)s::text
)
FROM unnest(%(privileges)s::text[]) AS p (name)
WHERE NOT pg_catalog.has_table_privilege(%(role)s, pg_catalog.to_regclass(%(relation)s), p.name)
HAVING count(*) > 0
