-- What the connected role must be able to do in the database of pg_cron to make (or remove) entries for the roles
-- %(owners)s by the functions of schema cron named in %(functions)s ("name/number of arguments").
SELECT
  'USAGE on schema cron' AS name,
  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS held,
  pg_catalog.format('GRANT USAGE ON SCHEMA cron TO %%I;', CURRENT_USER) AS grant_text,
  'pg_cron creates schema cron (pg_cron--1.0.sql) and grants it to nobody' AS source
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = 'cron'
UNION ALL
SELECT
  pg_catalog.format('EXECUTE on cron.%%s', p.proname),
  pg_catalog.has_function_privilege(p.oid, 'EXECUTE'),
  pg_catalog.format(
    'GRANT EXECUTE ON FUNCTION cron.%%I(%%s) TO %%I;', p.proname, pg_catalog.oidvectortypes(p.proargtypes), CURRENT_USER
  ),
  CASE p.proname
    WHEN 'schedule_in_database'
      THEN 'pg_cron revokes it from PUBLIC (pg_cron--1.3--1.4.sql, REVOKE ALL ON FUNCTION cron.schedule_in_database)'
    ELSE 'pg_cron leaves it to PUBLIC; somebody may have revoked it'
  END
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = 'cron' AND p.proname || '/' || p.pronargs = ANY (%(functions)s)
  AND (p.proname <> 'unschedule' OR p.proargtypes[0] = 'pg_catalog.int8'::pg_catalog.regtype)
UNION ALL
SELECT
  'SELECT on cron.job',
  pg_catalog.has_table_privilege(c.oid, 'SELECT'),
  pg_catalog.format('GRANT SELECT ON cron.job TO %%I;', CURRENT_USER),
  'pg_cron grants it to PUBLIC (pg_cron--1.0.sql); row-level security shows a role its own entries'
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'cron' AND c.relname = 'job'
UNION ALL
SELECT
  'reading pg_cron''s settings',
  pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE'),
  pg_catalog.format('GRANT pg_read_all_settings TO %%I;', CURRENT_USER),
  'pg_cron marks cron.database_name and others superuser-only (pg_cron.c, GUC_SUPERUSER_ONLY)'
UNION ALL
SELECT
  pg_catalog.format('making and removing entries that run as %%s', owner.name),
  CURRENT_USER = owner.name OR me.rolsuper,
  pg_catalog.format('-- no GRANT gives this: connect as %%s, or as a superuser', owner.name),
  'pg_cron lets only superusers name another role (job_metadata.c, cron_schedule_named: "must be superuser")'
FROM pg_catalog.unnest(%(owners)s::text[]) AS owner (name)
JOIN pg_catalog.pg_roles AS me ON me.rolname = CURRENT_USER
