-- The GRANT that lets role %(role)s take rows out of queue %(relation)s; no row where it can.
SELECT pg_catalog.format('GRANT SELECT, DELETE ON %%s TO %%I;', %(relation)s::text, %(role)s::text)
WHERE NOT (
  pg_catalog.has_table_privilege(%(role)s, pg_catalog.to_regclass(%(relation)s), 'SELECT')
  AND pg_catalog.has_table_privilege(%(role)s, pg_catalog.to_regclass(%(relation)s), 'DELETE')
)
