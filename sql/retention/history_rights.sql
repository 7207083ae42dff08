-- What the role %(role)s needs in pg_cron's database to delete from the history: held, and the GRANT.
SELECT
  pg_catalog.has_schema_privilege(%(role)s, 'cron', 'USAGE')
    AND pg_catalog.has_table_privilege(%(role)s, 'cron.job_run_details', 'SELECT')
    AND pg_catalog.has_table_privilege(%(role)s, 'cron.job_run_details', 'DELETE') AS held,
  pg_catalog.format(
    'GRANT USAGE ON SCHEMA cron TO %%1$I; GRANT SELECT, DELETE ON cron.job_run_details TO %%1$I;', %(role)s
  ) AS grant_text
