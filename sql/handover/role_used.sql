-- What still depends on the owner's role, in any database of the server.
SELECT count(*)
FROM pg_catalog.pg_shdepend
WHERE refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
  AND refobjid = (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = 'cronlift_owner')
