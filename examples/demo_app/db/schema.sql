-- What `mix ecto.migrate` creates: the tables of priv/repo/migrations, Oban's (version 12) and Ecto's own record
-- of what was migrated. Run it as the role that shall own the tables. PostgreSQL 13 or newer.

-- Oban

CREATE TYPE oban_job_state AS ENUM (
  'available',
  'scheduled',
  'executing',
  'retryable',
  'completed',
  'discarded',
  'cancelled'
);

CREATE TABLE oban_jobs (
  id bigserial PRIMARY KEY,
  state oban_job_state NOT NULL DEFAULT 'available',
  queue text NOT NULL DEFAULT 'default',
  worker text NOT NULL,
  args jsonb NOT NULL DEFAULT '{}',
  errors jsonb[] NOT NULL DEFAULT ARRAY[]::jsonb[],
  attempt integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL DEFAULT 20,
  inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  scheduled_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  attempted_at timestamp,
  completed_at timestamp,
  attempted_by text[],
  discarded_at timestamp,
  priority integer NOT NULL DEFAULT 0,
  tags text[] DEFAULT ARRAY[]::text[],
  meta jsonb DEFAULT '{}',
  cancelled_at timestamp,
  CONSTRAINT attempt_range CHECK (attempt >= 0 AND attempt <= max_attempts),
  CONSTRAINT positive_max_attempts CHECK (max_attempts > 0),
  CONSTRAINT queue_length CHECK (char_length(queue) > 0 AND char_length(queue) < 128),
  CONSTRAINT worker_length CHECK (char_length(worker) > 0 AND char_length(worker) < 128)
);

ALTER TABLE oban_jobs ADD CONSTRAINT non_negative_priority CHECK (priority >= 0) NOT VALID;

CREATE INDEX oban_jobs_args_index ON oban_jobs USING gin (args);
CREATE INDEX oban_jobs_meta_index ON oban_jobs USING gin (meta);
CREATE INDEX oban_jobs_state_queue_priority_scheduled_at_id_index
  ON oban_jobs (state, queue, priority, scheduled_at, id);

COMMENT ON TABLE oban_jobs IS '12';

CREATE UNLOGGED TABLE oban_peers (
  name text NOT NULL PRIMARY KEY,
  node text NOT NULL,
  started_at timestamp NOT NULL,
  expires_at timestamp NOT NULL
);

-- Packages and their cache

CREATE TABLE catalog_packages (
  id bigserial PRIMARY KEY,
  ecosystem varchar(255) NOT NULL,
  package_name varchar(255) NOT NULL,
  version varchar(255) NOT NULL,
  description text,
  github_stars integer NOT NULL DEFAULT 0,
  download_count bigint NOT NULL DEFAULT 0,
  tags varchar(255)[] NOT NULL DEFAULT ARRAY[]::varchar[],
  inserted_at timestamp(0) NOT NULL,
  updated_at timestamp(0) NOT NULL
);

CREATE UNIQUE INDEX catalog_packages_ecosystem_package_name_version_index
  ON catalog_packages (ecosystem, package_name, version);

CREATE UNLOGGED TABLE package_cache (
  cache_key text PRIMARY KEY,
  package_data jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  hit_count integer NOT NULL DEFAULT 0,
  inserted_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX package_cache_expires_at_index ON package_cache (expires_at);

CREATE FUNCTION cleanup_expired_cache() RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
  removed integer;
BEGIN
  DELETE FROM package_cache WHERE expires_at < now();
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END;
$$;

CREATE MATERIALIZED VIEW hot_packages AS
SELECT
  ecosystem,
  package_name,
  version,
  description,
  github_stars,
  download_count,
  tags
FROM catalog_packages
WHERE github_stars >= 1000 OR download_count >= 100000;

CREATE UNIQUE INDEX hot_packages_ecosystem_package_name_version_index
  ON hot_packages (ecosystem, package_name, version);

-- Agents

CREATE TABLE agent_metrics (
  id bigserial PRIMARY KEY,
  agent_id varchar(255) NOT NULL,
  samples integer NOT NULL,
  success_rate float NOT NULL,
  mean_cost_cents float NOT NULL,
  p95_latency_ms float NOT NULL,
  patterns jsonb NOT NULL,
  inserted_at timestamp(0) NOT NULL
);

CREATE INDEX agent_metrics_agent_id_inserted_at_index ON agent_metrics (agent_id, inserted_at);

-- Patterns, knowledge, templates, code

CREATE TABLE framework_patterns (
  id bigserial PRIMARY KEY,
  name varchar(255) NOT NULL,
  confidence float NOT NULL DEFAULT 0.5,
  definition jsonb NOT NULL,
  inserted_at timestamp(0) NOT NULL,
  updated_at timestamp(0) NOT NULL
);

CREATE UNIQUE INDEX framework_patterns_name_index ON framework_patterns (name);

CREATE TABLE knowledge_entries (
  id bigserial PRIMARY KEY,
  slug varchar(255) NOT NULL,
  body text NOT NULL,
  usage_count integer NOT NULL DEFAULT 0,
  inserted_at timestamp(0) NOT NULL,
  updated_at timestamp(0) NOT NULL
);

CREATE UNIQUE INDEX knowledge_entries_slug_index ON knowledge_entries (slug);

CREATE TABLE prompt_templates (
  id bigserial PRIMARY KEY,
  name varchar(255) NOT NULL,
  body text NOT NULL,
  embedding float[],
  inserted_at timestamp(0) NOT NULL,
  updated_at timestamp(0) NOT NULL
);

CREATE UNIQUE INDEX prompt_templates_name_index ON prompt_templates (name);

CREATE TABLE code_chunks (
  id bigserial PRIMARY KEY,
  file varchar(255) NOT NULL,
  line integer NOT NULL,
  content text NOT NULL,
  embedding float[],
  inserted_at timestamp(0) NOT NULL,
  updated_at timestamp(0) NOT NULL
);

CREATE UNIQUE INDEX code_chunks_file_line_index ON code_chunks (file, line);

CREATE TABLE dead_code_findings (
  id bigserial PRIMARY KEY,
  found_on date NOT NULL,
  file varchar(255) NOT NULL,
  function varchar(255) NOT NULL,
  inserted_at timestamp(0) NOT NULL
);

CREATE UNIQUE INDEX dead_code_findings_found_on_file_function_index
  ON dead_code_findings (found_on, file, function);

-- Tasks, summaries, artifacts, the graph of files, backups, goals

CREATE TABLE agent_tasks (
  id bigserial PRIMARY KEY,
  title varchar(255) NOT NULL,
  priority integer NOT NULL DEFAULT 0,
  status varchar(255) NOT NULL,
  agent_id varchar(255),
  assigned_at timestamp(0),
  inserted_at timestamp(0) NOT NULL,
  updated_at timestamp(0) NOT NULL
);

CREATE TABLE pattern_observations (
  id bigserial PRIMARY KEY,
  pattern_name varchar(255) NOT NULL,
  observed_at timestamp(0) NOT NULL
);

CREATE TABLE agent_summaries (
  id bigserial PRIMARY KEY,
  agent_id varchar(255) NOT NULL,
  samples bigint NOT NULL,
  success_rate float NOT NULL,
  last_measured_at timestamp(0) NOT NULL
);

CREATE UNIQUE INDEX agent_summaries_agent_id_index ON agent_summaries (agent_id);

CREATE TABLE code_artifacts (
  id bigserial PRIMARY KEY,
  name varchar(255) NOT NULL,
  size_bytes bigint NOT NULL,
  kept_because varchar(255),
  inserted_at timestamp(0) NOT NULL,
  updated_at timestamp(0) NOT NULL
);

CREATE TABLE indexed_files (
  id bigserial PRIMARY KEY,
  path varchar(255),
  inserted_at timestamp(0) NOT NULL,
  updated_at timestamp(0) NOT NULL
);

CREATE TABLE code_graph_nodes (
  id bigserial PRIMARY KEY,
  file varchar(255) NOT NULL,
  rank float NOT NULL DEFAULT 0.0
);

CREATE UNIQUE INDEX code_graph_nodes_file_index ON code_graph_nodes (file);

CREATE TABLE code_graph_edges (
  id bigserial PRIMARY KEY,
  from_file varchar(255) NOT NULL,
  to_file varchar(255) NOT NULL
);

CREATE UNIQUE INDEX code_graph_edges_from_file_to_file_index ON code_graph_edges (from_file, to_file);

CREATE TABLE vector_statistics (
  id bigserial PRIMARY KEY,
  of_table varchar(255) NOT NULL,
  all_rows bigint NOT NULL,
  embedded_rows bigint NOT NULL
);

CREATE UNIQUE INDEX vector_statistics_of_table_index ON vector_statistics (of_table);

CREATE TABLE backup_dump_files (
  id bigserial PRIMARY KEY,
  folder varchar(255) NOT NULL,
  file varchar(255) NOT NULL,
  taken_at timestamp(0) NOT NULL,
  archived_at timestamp(0)
);

CREATE TABLE planning_goals (
  id bigserial PRIMARY KEY,
  slug varchar(255) NOT NULL,
  title varchar(255) NOT NULL,
  inserted_at timestamp(0) NOT NULL,
  updated_at timestamp(0) NOT NULL
);

CREATE UNIQUE INDEX planning_goals_slug_index ON planning_goals (slug);

CREATE PROCEDURE recalculate_code_ranks(rounds integer)
LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE code_graph_nodes SET rank = 1;
  FOR round IN 1 .. rounds LOOP
    UPDATE code_graph_nodes AS node
    SET rank = 0.15 + 0.85 * coalesce(
      (
        SELECT sum(source.rank / (SELECT count(*) FROM code_graph_edges AS out WHERE out.from_file = source.file))
        FROM code_graph_edges AS edge
        JOIN code_graph_nodes AS source ON source.file = edge.from_file
        WHERE edge.to_file = node.file
      ),
      0
    );
  END LOOP;
END;
$$;

-- Ecto's record

CREATE TABLE schema_migrations (
  version bigint PRIMARY KEY,
  inserted_at timestamp(0)
);

INSERT INTO schema_migrations (version, inserted_at)
VALUES
  (20250114090000, '2025-03-03 09:30:00'),
  (20250114091500, '2025-03-03 09:30:00'),
  (20250120100000, '2025-03-03 09:30:00'),
  (20250203083000, '2025-03-03 09:30:00'),
  (20250210093000, '2025-03-03 09:30:00'),
  (20250217101500, '2025-03-03 09:30:00'),
  (20250303090000, '2025-03-03 09:30:00'),
  (20250310100000, '2025-03-10 10:30:00');
