-- The GRANT that lets the connected role read a queue; no row where it can.
SELECT pg_catalog.format('GRANT SELECT ON %%s TO %%I;', %(relation)s::text, CURRENT_USER)
WHERE NOT pg_catalog.has_table_privilege(pg_catalog.to_regclass(%(relation)s), 'SELECT')
