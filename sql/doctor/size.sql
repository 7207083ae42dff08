-- How large a table is on disk, where it was never analysed (bytes).
SELECT pg_catalog.pg_relation_size(%(oid)s::pg_catalog.oid::pg_catalog.regclass)
