-- Fills the database: 10,000 packages, or as many as the setting cronlift_demo.packages says
-- (SET cronlift_demo.packages = 200000, or PGOPTIONS="-c cronlift_demo.packages=200000").
-- Of the packages about 20 % are hot, 92 % are in the cache, and 5 % are in it but expired; 1 % have changed since
-- the view of hot packages was computed. The same size gives the same rows: chance is a hash of the row's number.
-- Only expires_at (and, with it, inserted_at) of the cache follows the clock.

-- One of 0 … size - 1, out of two bytes of a hash (a hash of 32 bytes has sixteen places).
CREATE OR REPLACE FUNCTION pg_temp.chance(hash bytea, place integer, size integer) RETURNS integer
LANGUAGE sql
IMMUTABLE
AS $$
  SELECT (256 * get_byte(hash, 2 * place) + get_byte(hash, 2 * place + 1)) % size
$$;

INSERT INTO catalog_packages (
  ecosystem, package_name, version, description, github_stars, download_count, tags, inserted_at, updated_at
)
SELECT
  (ARRAY['hex', 'npm', 'pypi', 'cargo'])[1 + pg_temp.chance(hash, 0, 4)],
  concat_ws(
    '-',
    (ARRAY['tiny', 'fast', 'plain', 'open', 'safe', 'lazy', 'deep', 'live'])[1 + pg_temp.chance(hash, 1, 8)],
    (ARRAY['json', 'router', 'cache', 'parser', 'queue', 'logger', 'client', 'schema'])[1 + pg_temp.chance(hash, 2, 8)],
    n
  ),
  concat_ws('.', pg_temp.chance(hash, 3, 5), pg_temp.chance(hash, 4, 20), pg_temp.chance(hash, 5, 10)),
  CASE WHEN pg_temp.chance(hash, 6, 10) > 0 THEN 'Package number ' || n || ' of the example catalogue' END,
  pg_temp.chance(hash, 7, 1000)
    + CASE WHEN pg_temp.chance(hash, 8, 100) < 12 THEN 1000 * (1 + pg_temp.chance(hash, 9, 60)) ELSE 0 END,
  100 * pg_temp.chance(hash, 10, 1000)
    + CASE WHEN pg_temp.chance(hash, 11, 100) < 9 THEN 100000 * (1 + pg_temp.chance(hash, 12, 90)) ELSE 0 END,
  ARRAY['tag-' || pg_temp.chance(hash, 13, 40), 'since-' || (2015 + pg_temp.chance(hash, 14, 10))],
  timestamp '2025-01-20 10:00:00' + n % 5000 * interval '1 minute',
  timestamp '2025-01-25 10:00:00' + n % 5000 * interval '1 hour'
FROM generate_series(
  1,
  coalesce(nullif(current_setting('cronlift_demo.packages', true), '')::integer, 10000)
) AS n,
  sha256(n::text::bytea) AS hash
ORDER BY n;

REFRESH MATERIALIZED VIEW hot_packages;

-- Since then one package in a hundred was downloaded so often that it is hot now. Half of them are not cached.
UPDATE catalog_packages
SET download_count = download_count + 100000
WHERE id % 200 IN (37, 53);

INSERT INTO package_cache (cache_key, package_data, expires_at, hit_count, inserted_at)
SELECT
  ecosystem || ':' || package_name || ':' || version,
  jsonb_build_object(
    'ecosystem', ecosystem,
    'package_name', package_name,
    'version', version,
    'description', description,
    'github_stars', github_stars,
    'download_count', download_count,
    'tags', tags
  ),
  expires_at,
  pg_temp.chance(hash, 0, 50),
  expires_at - interval '24 hours'
FROM (
  SELECT
    *,
    CASE
      WHEN id % 20 = 0 THEN now() - (1 + pg_temp.chance(hash, 1, 1440)) * interval '1 minute'
      ELSE now() + (120 + pg_temp.chance(hash, 1, 1320)) * interval '1 minute'
    END AS expires_at
  FROM catalog_packages, sha256(('cached ' || id)::bytea) AS hash
  WHERE id % 25 NOT IN (3, 11)
) AS cached
ORDER BY id;

INSERT INTO agent_metrics (
  agent_id, samples, success_rate, mean_cost_cents, p95_latency_ms, patterns, inserted_at
)
SELECT
  'agent-' || agent,
  20 + pg_temp.chance(hash, 0, 80),
  0.5 + pg_temp.chance(hash, 1, 50) / 100.0,
  1 + pg_temp.chance(hash, 2, 90) / 10.0,
  200 + pg_temp.chance(hash, 3, 3000),
  jsonb_build_object('retry', pg_temp.chance(hash, 4, 20), 'cache', pg_temp.chance(hash, 5, 20)),
  timestamp '2026-01-04 00:00:00' + n * interval '1 hour'
FROM generate_series(1, 12) AS agent, generate_series(0, 23) AS n, sha256((agent || ' at ' || n)::bytea) AS hash
ORDER BY n, agent;

INSERT INTO framework_patterns (name, confidence, definition, inserted_at, updated_at)
SELECT
  'pattern-' || n,
  0.4 + pg_temp.chance(hash, 0, 60) / 100.0,
  jsonb_build_object('files', jsonb_build_array('*.ex', '*.exs'), 'seen', pg_temp.chance(hash, 1, 500)),
  '2025-02-10 09:30:00',
  '2025-11-03 14:05:00'
FROM generate_series(1, 24) AS n, sha256(n::text::bytea) AS hash
ORDER BY n;

INSERT INTO knowledge_entries (slug, body, usage_count, inserted_at, updated_at)
SELECT
  'lesson-' || n,
  '# Lesson ' || n || E'\n\nWhat was learnt, and where it helped.\n',
  pg_temp.chance(hash, 0, 25),
  '2025-02-10 09:30:00',
  '2025-12-18 08:12:00'
FROM generate_series(1, 40) AS n, sha256(n::text::bytea) AS hash
ORDER BY n;

INSERT INTO prompt_templates (name, body, embedding, inserted_at, updated_at)
SELECT
  'template-' || n,
  'Explain {{ topic }} in ' || n || ' sentences.',
  CASE WHEN n % 5 > 0 THEN ARRAY[n / 20.0, 1 - n / 20.0, 0.5]::float[] END,
  '2025-02-17 10:15:00',
  '2025-12-28 02:00:00'
FROM generate_series(1, 20) AS n
ORDER BY n;

INSERT INTO code_chunks (file, line, content, embedding, inserted_at, updated_at)
SELECT
  'lib/demo_app/file_' || n / 6 || '.ex',
  1 + 12 * (n % 6),
  'def function_' || n || ', do: ' || n,
  ARRAY[n / 60.0, 1 - n / 60.0, 0.25]::float[],
  '2025-12-28 06:00:00',
  '2025-12-28 06:00:00'
FROM generate_series(0, 59) AS n
ORDER BY n;

INSERT INTO dead_code_findings (found_on, file, function, inserted_at)
SELECT
  day::date,
  'lib/demo_app/file_' || n || '.ex',
  'function_' || 6 * n || '/0',
  day + interval '9 hours'
FROM generate_series(timestamp '2025-12-29', timestamp '2026-01-04', interval '1 day') AS day, generate_series(1, 4) AS n
ORDER BY day, n;

-- Work for the jobs that look after the rest. What is compared with the clock follows it, as the cache does.
INSERT INTO agent_summaries (agent_id, samples, success_rate, last_measured_at)
SELECT agent_id, sum(samples), avg(success_rate), max(inserted_at)
FROM agent_metrics
GROUP BY agent_id
ORDER BY agent_id;

-- The last measures of two agents, so that there is something to sum up.
INSERT INTO agent_metrics (
  agent_id, samples, success_rate, mean_cost_cents, p95_latency_ms, patterns, inserted_at
)
SELECT 'agent-' || n, 10 * n, 0.75, 2.5, 400, '{}', timezone('UTC', now()) - interval '2 hours'
FROM generate_series(1, 2) AS n;

INSERT INTO agent_tasks (title, priority, status, inserted_at, updated_at)
SELECT
  'Task ' || n,
  n % 4,
  CASE WHEN n % 3 = 0 THEN 'done' ELSE 'pending' END,
  '2026-01-04 20:00:00',
  '2026-01-04 20:00:00'
FROM generate_series(1, 60) AS n
ORDER BY n;

INSERT INTO pattern_observations (pattern_name, observed_at)
SELECT 'pattern-' || 1 + n % 30, timezone('UTC', now()) - n * interval '1 minute'
FROM generate_series(-5, 60) AS n
ORDER BY n;

INSERT INTO code_artifacts (name, size_bytes, kept_because, inserted_at, updated_at)
SELECT
  'artifact-' || n,
  1000 * n,
  CASE WHEN n % 7 = 0 THEN 'shown to a customer' END,
  timezone('UTC', now()) - (n + 40) * interval '1 day',
  timezone('UTC', now()) - (n + 10) * interval '1 day'
FROM generate_series(1, 120) AS n
ORDER BY n;

-- Two of the files in code_chunks are gone; one file is being read.
INSERT INTO indexed_files (path, inserted_at, updated_at)
SELECT CASE WHEN n < 8 THEN 'lib/demo_app/file_' || n || '.ex' END, '2025-12-28 06:00:00', '2025-12-28 06:00:00'
FROM generate_series(0, 8) AS n
ORDER BY n;

INSERT INTO code_graph_nodes (file)
SELECT 'lib/demo_app/file_' || n || '.ex' FROM generate_series(0, 5) AS n ORDER BY n;

INSERT INTO code_graph_edges (from_file, to_file)
SELECT 'lib/demo_app/file_' || n || '.ex', 'lib/demo_app/file_' || n * n % 5 || '.ex'
FROM generate_series(0, 5) AS n
ORDER BY n;

INSERT INTO vector_statistics (of_table, all_rows, embedded_rows) VALUES ('code_chunks', 48, 40);

INSERT INTO backup_dump_files (folder, file, taken_at)
SELECT 'daily', 'demo_app-' || n || '.dump', timezone('UTC', now()) - n * interval '1 day'
FROM generate_series(0, 60) AS n
ORDER BY n;

-- A week of Oban's own record, Monday to Sunday: one row for each tick of the crontab; a few were given up.
INSERT INTO oban_jobs (
  state, queue, worker, args, errors, attempt, max_attempts, inserted_at, scheduled_at, attempted_at,
  completed_at, attempted_by, discarded_at, meta
)
SELECT
  (CASE WHEN failed THEN 'discarded' ELSE 'completed' END)::oban_job_state,
  queue,
  'DemoApp.Jobs.' || worker,
  args::jsonb,
  CASE
    WHEN failed THEN ARRAY[jsonb_build_object('at', tick, 'attempt', attempts, 'error', '** (RuntimeError) timeout')]
    ELSE ARRAY[]::jsonb[]
  END,
  CASE WHEN failed THEN attempts ELSE 1 END,
  attempts,
  tick + interval '11 milliseconds',
  tick + interval '11 milliseconds',
  tick + interval '19 milliseconds',
  CASE WHEN NOT failed THEN tick + interval '19 milliseconds' + duration END,
  ARRAY['demo_app@app-1', '5c1f3a52-3d0e-4c55-9d0f-1f6a2f9f7a10'],
  CASE WHEN failed THEN tick + interval '19 milliseconds' + duration END,
  jsonb_build_object('cron', true, 'cron_expr', expression)
FROM (
  SELECT
    *,
    pg_temp.chance(hash, 0, 250) = 0 AS failed,
    typical * (0.7 + pg_temp.chance(hash, 1, 80) / 100.0) AS duration
  FROM (
    VALUES
      ('MetricsAggregationWorker', '{}', 'metrics', 2, '*/5 * * * *', interval '0', interval '5 minutes', interval '0.06 seconds'),
      ('FeedbackAnalysisWorker', '{}', 'metrics', 2, '*/30 * * * *', '0', '30 minutes', '0.04 seconds'),
      ('AgentEvolutionWorker', '{}', 'default', 2, '0 * * * *', '0', '1 hour', '0.8 seconds'),
      ('PatternSyncWorker', '{}', 'default', 2, '*/5 * * * *', '0', '5 minutes', '0.03 seconds'),
      ('KnowledgeExportWorker', '{}', 'maintenance', 3, '0 0 * * *', '0', '1 day', '4 seconds'),
      ('CacheCleanupWorker', '{}', 'maintenance', 3, '*/15 * * * *', '0', '15 minutes', '0.005 seconds'),
      ('CacheRefreshWorker', '{}', 'maintenance', 2, '0 * * * *', '0', '1 hour', '0.045 seconds'),
      ('CachePrewarmWorker', '{}', 'maintenance', 2, '0 */6 * * *', '0', '6 hours', '0.055 seconds'),
      ('BackupWorker', '{"type": "hourly"}', 'maintenance', 2, '0 * * * *', '0', '1 hour', '9 seconds'),
      ('BackupWorker', '{"type": "daily"}', 'maintenance', 2, '0 1 * * *', '1 hour', '1 day', '9 seconds'),
      ('TemplateSyncWorker', '{}', 'maintenance', 3, '0 2 * * *', '2 hours', '1 day', '3 seconds'),
      ('CacheClearWorker', '{}', 'maintenance', 3, '0 3 * * *', '3 hours', '1 day', '0.002 seconds'),
      ('RegistrySyncWorker', '{}', 'maintenance', 3, '0 4 * * *', '4 hours', '1 day', '190 seconds'),
      ('DeadCodeDailyCheck', '{}', 'default', 2, '0 9 * * *', '9 hours', '1 day', '45 seconds'),
      ('DeadCodeWeeklySummary', '{}', 'default', 2, '0 9 * * 1', '9 hours', '7 days', '0.1 seconds'),
      ('TemplateEmbedWorker', '{}', 'embeddings', 3, '0 5 * * 0', '6 days 5 hours', '7 days', '12 seconds'),
      ('CodeIngestWorker', '{}', 'embeddings', 2, '0 6 * * 0', '6 days 6 hours', '7 days', '75 seconds'),
      ('TaskAssignmentWorker', '{}', 'metrics', 2, '*/2 * * * *', '0', '2 minutes', '0.02 seconds'),
      ('PatternLearningWorker', '{}', 'default', 2, '*/5 * * * *', '0', '5 minutes', '0.02 seconds'),
      ('CentralSyncWorker', '{}', 'default', 3, '*/10 * * * *', '0', '10 minutes', '0.02 seconds'),
      ('MetricsRefreshWorker', '{}', 'metrics', 2, '*/30 * * * *', '0', '30 minutes', '0.02 seconds'),
      ('TableStatisticsWorker', '{}', 'maintenance', 2, '0 */6 * * *', '0', '6 hours', '0.02 seconds'),
      ('CodeRankWorker', '{}', 'maintenance', 2, '0 3 * * *', '3 hours', '1 day', '0.02 seconds'),
      ('CacheVacuumWorker', '{}', 'maintenance', 2, '0 23 * * *', '23 hours', '1 day', '0.02 seconds'),
      ('JobHistoryCleanupWorker', '{}', 'maintenance', 3, '0 0 * * 0', '6 days', '7 days', '0.02 seconds'),
      ('ArtifactCleanupWorker', '{}', 'maintenance', 3, '0 1 * * 0', '6 days 1 hour', '7 days', '0.02 seconds'),
      ('ChunkCleanupWorker', '{}', 'maintenance', 3, '0 2 * * 0', '6 days 2 hours', '7 days', '0.02 seconds'),
      ('ChunkReindexWorker', '{}', 'maintenance', 2, '0 3 * * 0', '6 days 3 hours', '7 days', '0.02 seconds'),
      ('VectorStatisticsWorker', '{}', 'maintenance', 2, '0 4 * * 0', '6 days 4 hours', '7 days', '0.02 seconds'),
      ('GraphPopulateWorker', '{}', 'maintenance', 2, '0 7 * * 0', '6 days 7 hours', '7 days', '0.02 seconds'),
      ('BackupArchivalWorker', '{}', 'maintenance', 2, '0 5 1-7 * 0', '6 days 5 hours', '7 days', '0.02 seconds')
  ) AS entry (worker, args, queue, attempts, expression, first, step, typical),
  generate_series(timestamp '2025-12-29' + first, timestamp '2026-01-04 23:59', step) AS tick,
  sha256(concat(worker, args, extract(epoch FROM tick)::bigint)::bytea) AS hash
) AS run
ORDER BY tick, worker, args;

-- And the five jobs of the last boot.
INSERT INTO oban_jobs (
  state, queue, worker, attempt, max_attempts, inserted_at, scheduled_at, attempted_at, completed_at, attempted_by
)
SELECT
  'completed',
  queue,
  'DemoApp.Jobs.' || worker,
  1,
  attempts,
  boot,
  boot + delay,
  boot + delay + interval '1 second',
  boot + delay + interval '9 seconds',
  ARRAY['demo_app@app-1', '5c1f3a52-3d0e-4c55-9d0f-1f6a2f9f7a10']
FROM (
  VALUES
    ('KnowledgeMigrationWorker', 'default', 3, interval '0', timestamp '2025-12-29 08:14:30'),
    ('TemplatesLoadWorker', 'default', 3, '0', '2025-12-29 08:14:30'),
    ('CodeIngestWorker', 'embeddings', 2, '1 minute', '2025-12-29 08:14:30'),
    ('RagSetupWorker', 'embeddings', 5, '5 minutes', '2025-12-29 08:14:30'),
    ('PlanningSeedWorker', 'default', 3, '0', '2025-12-29 08:14:30')
) AS job (worker, queue, attempts, delay, boot)
ORDER BY delay, worker;

ANALYZE catalog_packages, hot_packages, package_cache, agent_metrics, oban_jobs;
