-- The procedure (or function) of a planned name: all that cronlift settled about it, and its body.
SELECT
  pg_catalog.jsonb_build_object(
    'kind', CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
    'language', l.lanname,
    'owner', pg_catalog.pg_get_userbyid(p.proowner),
    'settings', pg_catalog.array_to_string(p.proconfig, '; '),
    'security', CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END,
    'grants', (
      SELECT pg_catalog.string_agg(
        CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(acl.grantee) END
        || CASE WHEN acl.is_grantable THEN ' with grant option' ELSE '' END,
        ', ' ORDER BY acl.grantee
      )
      FROM pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS acl
    ),
    'comment', pg_catalog.obj_description(p.oid, 'pg_proc'),
    'sha256 of the body', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p.prosrc, 'UTF8')), 'hex')
  ) AS facts,
  p.prosrc AS body
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE n.nspname = {schema} AND p.proname = {name} AND p.pronargs = 0
