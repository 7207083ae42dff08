-- Relations the role may maintain without owning them (the privilege MAINTAIN, PostgreSQL 17 and later).
SELECT c.oid::bigint
FROM pg_catalog.pg_class AS c
WHERE c.oid = ANY (%(oids)s::oid[])
  AND pg_catalog.has_table_privilege(%(role)s, c.oid, 'MAINTAIN')
