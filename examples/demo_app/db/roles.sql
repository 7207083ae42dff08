-- The application's role: it logs in, owns the tables and is no superuser. Run it as a superuser in the
-- application's database, before schema.sql; running it again does no harm.
DO $$
BEGIN
  CREATE ROLE demo_app LOGIN;
EXCEPTION
  WHEN duplicate_object THEN
    NULL;
END;
$$;

GRANT USAGE, CREATE ON SCHEMA public TO demo_app;
