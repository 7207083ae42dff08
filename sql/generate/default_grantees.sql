-- Whom ALTER DEFAULT PRIVILEGES lets execute every new procedure in this schema, besides the one who creates it.
SELECT DISTINCT pg_catalog.pg_get_userbyid(acl.grantee) AS grantee
FROM pg_catalog.pg_default_acl AS d
CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) AS acl
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
WHERE d.defaclobjtype = 'f'
  AND (d.defaclnamespace = 0 OR n.nspname = %(schema)s)
  AND acl.grantee NOT IN (0, d.defaclrole)
ORDER BY 1
