-- The rules of a table that do something else, or more, than was asked for.
SELECT pg_catalog.pg_get_ruledef(r.oid)
FROM pg_catalog.pg_rewrite AS r
WHERE r.ev_class = %(oid)s::oid AND r.rulename <> '_RETURN'
ORDER BY r.rulename
