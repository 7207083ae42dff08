-- Every entry this role may see, and how many transactions ago its row was last written (job_metadata.c writes it when
-- it is scheduled or altered, and at no other time); when that was, where the server keeps the times of commits.
SELECT
  jobid, jobname, schedule, command, database, username, active,
  pg_catalog.age(xmin) AS age,
  CASE WHEN pg_catalog.current_setting('track_commit_timestamp') = 'on'
    THEN pg_catalog.pg_xact_commit_timestamp(xmin) END AS written
FROM cron.job
ORDER BY jobid
