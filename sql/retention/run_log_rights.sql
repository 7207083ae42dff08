-- What the role %(role)s needs in the application's database to prune the run log: there at all, held, and the GRANT.
SELECT
  pg_catalog.to_regprocedure('cronlift.prune(interval)') IS NOT NULL AS present,
  COALESCE(pg_catalog.has_function_privilege(%(role)s, pg_catalog.to_regprocedure('cronlift.prune(interval)'), 'EXECUTE'), FALSE)
    AND COALESCE(pg_catalog.has_schema_privilege(%(role)s, pg_catalog.to_regnamespace('cronlift')::oid, 'USAGE'), FALSE) AS held,
  pg_catalog.format(
    'GRANT USAGE ON SCHEMA cronlift TO %%1$I; GRANT EXECUTE ON PROCEDURE cronlift.prune(interval) TO %%1$I;', %(role)s
  ) AS grant_text
