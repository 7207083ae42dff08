-- Whether the role is a superuser, and whether it can log in (pg_cron starts jobs only for roles that can).
SELECT rolsuper, rolcanlogin
FROM pg_catalog.pg_roles
WHERE rolname = %(role)s
