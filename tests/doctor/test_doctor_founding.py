"""The thirteen entries of a real hand-made move to pg_cron, rebuilt in our own words with the tables that existed:
every defect known of them is named, and nothing is said of those that work."""

from __future__ import annotations

from clinic import Clinic

TABLES = """
CREATE TABLE oban_jobs (id bigint PRIMARY KEY, state text NOT NULL, queue text NOT NULL, worker text NOT NULL,
  inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()), scheduled_at timestamp NOT NULL, cancelled_at
  timestamp, discarded_at timestamp);
CREATE INDEX oban_jobs_state_queue_idx ON oban_jobs (state, queue, scheduled_at);
CREATE TABLE knowledge_artifacts (id uuid PRIMARY KEY, source text NOT NULL, usage_count int NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL);
CREATE TABLE code_chunks (id uuid PRIMARY KEY, file_path text NOT NULL);
CREATE TABLE graph_nodes (id bigint PRIMARY KEY, node_id text NOT NULL, codebase_id text NOT NULL);
CREATE TABLE graph_edges (id bigint PRIMARY KEY, from_node_id bigint NOT NULL, to_node_id bigint NOT NULL);
CREATE UNLOGGED TABLE package_cache (cache_key text PRIMARY KEY, package_data jsonb NOT NULL, expires_at timestamptz
NOT NULL); CREATE TABLE dependency_catalog (ecosystem text NOT NULL, package_name text NOT NULL, version text);
CREATE MATERIALIZED VIEW hot_packages AS SELECT ecosystem, package_name, version FROM dependency_catalog LIMIT 5000;
CREATE UNIQUE INDEX ON hot_packages (ecosystem, package_name, version);
"""

# SQL-language bodies that name what does not exist are refused at CREATE unless bodies are not checked.
PROCEDURES = """
SET check_function_bodies = off;
CREATE PROCEDURE seed_plan() LANGUAGE sql AS $$
  INSERT INTO plan_themes (name, created_at) VALUES ('first', now()) ON CONFLICT (name) DO NOTHING;
  INSERT INTO plan_epics (theme_id, name) SELECT id, 'an epic' FROM plan_themes WHERE name = 'first';
$$;
CREATE PROCEDURE fill_graph() LANGUAGE sql AS $$
  UPDATE graph_nodes n SET dependency_ids = ARRAY(SELECT target_id FROM graph_edges WHERE source_id = n.id)
  WHERE dependency_ids IS NULL OR array_length(dependency_ids, 1) = 0;
$$;
CREATE PROCEDURE cleanup_cache() LANGUAGE sql AS $$ DELETE FROM package_cache WHERE expires_at <= now(); $$;
CREATE PROCEDURE refresh_hot() LANGUAGE sql AS $$ REFRESH MATERIALIZED VIEW CONCURRENTLY hot_packages; $$;
CREATE PROCEDURE prewarm() LANGUAGE sql AS $$
  INSERT INTO package_cache (cache_key, package_data, expires_at)
  SELECT ecosystem || ':' || package_name || ':' || version, to_jsonb(hot_packages.*), now() + interval '24 hours'
  FROM hot_packages ON CONFLICT (cache_key) DO NOTHING;
$$;
"""

ENTRIES = [
    ("daily-vacuum-analyze", "0 23 * * *", "VACUUM ANALYZE; ANALYZE;"),
    ("weekly-cleanup-jobs", "0 0 * * 0", "DELETE FROM oban_jobs WHERE state IN ('cancelled', 'discarded') "
     "AND updated_at < now() - interval '30 days';"),
    ("frequent-analyze", "0 */6 * * *", "ANALYZE;"),
    ("weekly-cleanup-artifacts", "0 1 * * 0", "DELETE FROM knowledge_artifacts WHERE source = 'learned' "
     "AND updated_at < now() - interval '90 days' AND usage_count < 5;"),
    ("weekly-cleanup-chunks", "0 2 * * 0", "DELETE FROM code_chunks WHERE file_path NOT IN "
     "(SELECT file_path FROM current_codebase);"),
    ("monthly-reindex", "0 3 * * 0", "REINDEX INDEX CONCURRENTLY idx_jobs_queue_state_scheduled;"),
    ("weekly-vector-stats", "0 4 * * 0", "SELECT count(*) FROM pg_class WHERE relname IN ('code_chunks') "
     "AND idx_scan > 0;"),
    ("monthly-archive-backups", "0 5 1 * *", "DELETE FROM backup_metadata WHERE created_at "
     "< now() - interval '60 days';"),
    ("once-seed-plan", "0 0 1 1 *", "CALL seed_plan();"),
    ("weekly-fill-graph", "0 7 * * 0", "CALL fill_graph();"),
    ("cache-cleanup", "*/15 * * * *", "CALL cleanup_cache();"),
    ("cache-refresh", "0 * * * *", "CALL refresh_hot();"),
    ("cache-prewarm", "0 */6 * * *", "CALL prewarm();"),
]  # fmt: skip

EXPECTED = {
    "daily-vacuum-analyze": {"transaction-block"},
    "weekly-cleanup-jobs": {"missing-column"},
    "weekly-cleanup-chunks": {"missing-relation"},
    "monthly-reindex": {"missing-relation", "schedule-differs-from-name"},
    "weekly-vector-stats": {"missing-column"},
    "monthly-archive-backups": {"missing-relation"},
    "once-seed-plan": {"missing-relation", "schedule-differs-from-name"},
    "weekly-fill-graph": {"missing-column", "never-true"},
    "cache-refresh": {"collision"},
    "cache-prewarm": {"collision"},
}


def test_every_defect_is_named_and_nothing_else(clinic: Clinic) -> None:
    clinic.database.execute(TABLES + PROCEDURES)
    for name, schedule, command in ENTRIES:
        clinic.put(command, name, schedule)
    diagnosis = clinic.look()
    found: dict[str, set[str]] = {}
    for finding in diagnosis.findings:
        assert finding.jobname
        found.setdefault(finding.jobname, set()).add(finding.check)
    assert found == EXPECTED
    severe = {f.jobname for f in diagnosis.findings if f.severity == "error"}
    assert severe == set(EXPECTED) - {"cache-refresh", "cache-prewarm"}
