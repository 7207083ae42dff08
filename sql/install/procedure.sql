-- The procedure of a planned name, with all that cronlift settled about it.
SELECT
  p.prosrc,
  coalesce(p.proconfig, '{}'),
  pg_catalog.pg_get_userbyid(p.proowner),
  l.lanname,
  p.prokind = 'p',
  p.prosecdef,
  EXISTS (
    SELECT FROM pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS acl
    WHERE acl.grantee = 0 AND acl.privilege_type = 'EXECUTE'
  ),
  coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), '')
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE n.nspname = %(schema)s AND p.proname = %(name)s AND p.pronargs = 0
