-- The job's row, shut: nothing changes hands yet. A row that is there was looked at before.
INSERT INTO cronlift.gate (
  job, cron_name, relation, worker, args, cron_expr, schedule, timezone, guard, procedure, commits, job_role,
  plan_hash, system_identifier, database, overlap, max_attempts, backoff, catch_up, unique_across, follows
)
SELECT
  {job}, f.cron_name, f.relation, f.worker, f.args, f.cron_expr, f.schedule, f.timezone, f.guard, f.procedure,
  f.commits, f.job_role, f.plan_hash, f.system_identifier, f.database, f.overlap, f.max_attempts, f.backoff,
  f.catch_up, f.unique_across, f.follows
FROM pg_catalog.jsonb_populate_record(NULL::cronlift.gate, {facts}) AS f
