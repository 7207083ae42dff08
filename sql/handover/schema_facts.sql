-- Schema cronlift as it is, no row where there is none: its comment, its owner, and the job roles that may not run yet.
SELECT
  pg_catalog.obj_description(n.oid, 'pg_namespace') AS mark,
  pg_catalog.pg_get_userbyid(n.nspowner) AS owner,
  ARRAY(
    SELECT r.rolname::text
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = ANY ({roles}::text[])
      AND NOT (
        EXISTS (
          SELECT FROM pg_catalog.aclexplode(n.nspacl) AS a WHERE a.grantee = r.oid AND a.privilege_type = 'USAGE'
        )
        AND EXISTS (
          SELECT
          FROM pg_catalog.pg_proc AS p
          CROSS JOIN LATERAL pg_catalog.aclexplode(p.proacl) AS a
          WHERE p.pronamespace = n.oid AND p.proname = 'claim_due' AND a.grantee = r.oid
        )
      )
  ) AS without
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = 'cronlift'
