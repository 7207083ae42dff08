-- PostgreSQL's own check of an SQL-language body: it analyses every statement and runs none (fmgr_sql_validator,
-- pg_proc.c).
SELECT pg_catalog.fmgr_sql_validator(%(oid)s::pg_catalog.oid)
