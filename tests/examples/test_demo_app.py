"""The demo application agrees with itself, its SQL runs, and the package knows nothing of it."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tree_sitter
import tree_sitter_elixir
import yaml
from demo_columns import Tables, differences, migrations, plain_sql, schemas

from cronlift.stages import classify as stage
from cronlift.stages import decisions

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "examples" / "demo_app"
OBAN_TABLES = {"oban_jobs": 18, "oban_peers": 4}
ECTO_TABLES = {"schema_migrations": 2}
COLUMNS = {
    "agent_metrics": 8,
    "agent_summaries": 5,
    "agent_tasks": 8,
    "backup_dump_files": 5,
    "catalog_packages": 10,
    "code_artifacts": 6,
    "code_chunks": 7,
    "code_graph_edges": 3,
    "code_graph_nodes": 3,
    "dead_code_findings": 5,
    "framework_patterns": 6,
    "hot_packages": 7,
    "indexed_files": 4,
    "knowledge_entries": 6,
    "package_cache": 5,
    "pattern_observations": 3,
    "planning_goals": 5,
    "prompt_templates": 6,
    "vector_statistics": 4,
}


def counted(tables: Tables) -> dict[str, int]:
    return {name: len(columns) for name, columns in tables.items()}


def own(tables: Tables) -> Tables:
    return {name: columns for name, columns in tables.items() if name not in OBAN_TABLES | ECTO_TABLES}


def disagreements(app: Path) -> list[str]:
    """Everything the three texts do not say alike."""
    sql = own(plain_sql(app))
    return [
        *differences(schemas(app), sql),
        *differences(migrations(app), sql),
        *differences(schemas(app), migrations(app)),
    ]


def elixir_files() -> list[Path]:
    return sorted(p for p in APP.rglob("*.ex*") if p.suffix in (".ex", ".exs"))


# ── The three descriptions of the tables ──


def test_all_columns_are_found() -> None:
    assert counted(schemas(APP)) == COLUMNS
    assert counted(migrations(APP)) == COLUMNS
    assert counted(plain_sql(APP)) == COLUMNS | OBAN_TABLES | ECTO_TABLES


def test_schemas_migrations_and_sql_agree() -> None:
    assert disagreements(APP) == []


MUTATIONS = [
    ("lib/demo_app/catalog/package.ex", "    field :version, :string\n", "", "catalog_packages.version: only in one"),
    ("lib/demo_app/catalog/package.ex", '"catalog_packages"', '"packages"', "catalog_packages: only in one"),
    ("lib/demo_app/metrics/agent_metric.ex", "field :samples, :integer", "field :samples, :float",
     "agent_metrics.samples: double precision and integer"),
    ("lib/demo_app/package_cache/entry.ex", "{:cache_key, :string,", "{:key, :string,",
     "package_cache.cache_key: only in one"),
    ("lib/demo_app/package_cache/entry.ex", "expires_at, :utc_datetime_usec", "expires_at, :utc_datetime",
     "package_cache.expires_at: timestamp(0) without time zone and timestamp with time zone"),
    ("lib/demo_app/dead_code/finding.ex", ", updated_at: false", "", "dead_code_findings.updated_at: only in one"),
    ("priv/repo/migrations/20250114091500_create_catalog_packages.exs", ":version, :string, null: false",
     ":version, :string", "catalog_packages.version: NOT NULL in one only"),
    ("priv/repo/migrations/20250114091500_create_catalog_packages.exs", ":description, :text",
     ":description, :string", "catalog_packages.description: character varying(255) and text"),
    ("priv/repo/migrations/20250203083000_create_agent_metrics.exs", "      add :samples, :integer, null: false\n",
     "", "agent_metrics.samples: only in one"),
    ("priv/repo/migrations/20250120100000_create_package_cache.exs", "expires_at timestamptz NOT NULL",
     "expires_at timestamptz", "package_cache.expires_at: NOT NULL in one only"),
    ("priv/repo/migrations/20250120100000_create_package_cache.exs", "  github_stars,\n", "",
     "hot_packages.github_stars: only in one"),
    ("db/schema.sql", "  hit_count integer NOT NULL DEFAULT 0,\n", "", "package_cache.hit_count: only in one"),
    ("db/schema.sql", "download_count bigint", "download_count integer",
     "catalog_packages.download_count: bigint and integer"),
    ("db/schema.sql", "  embedding float[],\n", "  embedding float[] NOT NULL,\n",
     "prompt_templates.embedding: NOT NULL in one only"),
    ("db/schema.sql", "CREATE TABLE code_chunks", "CREATE TABLE chunks", "code_chunks: only in one"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "noticed"), MUTATIONS, ids=[m[3] for m in MUTATIONS])
def test_a_copy_that_disagrees_is_noticed(tmp_path: Path, file: str, old: str, new: str, noticed: str) -> None:
    copy = Path(shutil.copytree(APP, tmp_path / "app"))
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1))
    assert noticed in disagreements(copy)


@pytest.mark.parametrize(
    ("file", "old", "new", "read"),
    [
        ("lib/demo_app/catalog/package.ex", "field :version, :string", "field(:version, :string)", schemas),
        ("lib/demo_app/catalog/package.ex", "field :version, :string", "belongs_to :owner, Owner", schemas),
        ("priv/repo/migrations/20250203083000_create_agent_metrics.exs", "add :samples", "add_if :samples", migrations),
        ("db/schema.sql", "  node text NOT NULL,", "  node text NOT NULL CHECK (node <> ''),", plain_sql),
    ],
)
def test_a_line_that_is_not_understood_is_an_error(
    tmp_path: Path, file: str, old: str, new: str, read: Callable[[Path], Tables]
) -> None:
    copy = Path(shutil.copytree(APP, tmp_path / "app"))
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1))
    with pytest.raises(AssertionError, match="not understood"):
        read(copy)


def test_libraries_own_tables_have_the_versions_the_migrations_ask_for() -> None:
    sql = (APP / "db/schema.sql").read_text()
    files = sorted((APP / "priv/repo/migrations").glob("*.exs"))
    asked = [v for f in files for v in re.findall(r"Oban\.Migration\.up\(version: (\d+)\)", f.read_text())]
    assert asked == re.findall(r"COMMENT ON TABLE oban_jobs IS '(\d+)'", sql) == ["12"]
    assert re.findall(r"^  \((\d{14}),", sql, re.M) == [f.name[:14] for f in files]
    assert len(files) == 8


# ── The source as source ──


def test_every_elixir_file_parses() -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_elixir.language()))
    files = elixir_files()
    assert len(files) == 99
    assert [p.name for p in files if parser.parse(p.read_bytes()).root_node.has_error] == []


def test_every_job_ends_where_expected() -> None:
    expected = yaml.safe_load((APP / "expected.yaml").read_text())
    found = stage.classify(APP, "prod")
    assert {j.id: (j.schedule, j.verdict) for j in found.jobs} == {
        name: (job["schedule"], job["verdict"]) for name, job in expected["jobs"].items()
    }
    for job in found.jobs:
        assert set(expected["jobs"][job.id]["reasons"]) <= {r.code for r in job.reasons}, job.id
    verdicts = Counter(j.verdict for j in found.jobs)
    assert expected["counts"] == {
        "found": len(found.jobs),
        "moved": verdicts["pure_sql"],
        "split": verdicts["split"],
        "stays": verdicts["app_logic"],
        "review": verdicts["needs_review"],
        "no_effect": verdicts["no_effect"],
        "startup": verdicts["startup"],
        "not_analysed": len(found.not_analysed),
    }


def test_tests_of_the_application_schedule_nothing() -> None:
    found = stage.classify(APP, "test")
    assert {j.kind for j in found.jobs} == {"startup"}
    assert found.not_analysed == ()


def test_decisions_give_the_names_in_use() -> None:
    expected = yaml.safe_load((APP / "expected.yaml").read_text())["jobs"]
    chosen = decisions.load(APP / "decisions.yaml").jobs
    assert set(chosen) == {name for name, job in expected.items() if job["moved"]}
    assert {(d.cron_name, d.schema_name, d.procedure) for d in chosen.values()} >= {
        ("cache-cleanup-expired", "public", "cleanup_expired_cache_task"),
        ("cache-refresh-hot-packages", "public", "refresh_hot_packages_task"),
        ("cache-prewarm-hot-packages", "public", "prewarm_hot_packages_task"),
    }


def demo_names() -> set[str]:
    """Names only the demo uses: its modules, tables, functions, cron entries and procedures."""
    modules = {m for p in elixir_files() for m in re.findall(r"^defmodule ([\w.]+) do", p.read_text(), re.M)}
    last = {m.rpartition(".")[2] for m in modules}
    data = set(plain_sql(APP)) - set(OBAN_TABLES) - set(ECTO_TABLES)
    data |= set(re.findall(r"^CREATE FUNCTION (\w+)", (APP / "db/schema.sql").read_text(), re.M))
    chosen = decisions.load(APP / "decisions.yaml").jobs.values()
    names = {str(n) for d in chosen for n in (d.cron_name, d.procedure)}
    # A last segment of one word (Repo, Templates) is a word of everybody's.
    return modules | {n for n in last if re.match(r"[A-Z][a-z]+[A-Z]", n)} | data | names | {"DemoApp"}


def mentions(text: str) -> set[str]:
    return {n for n in demo_names() if re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", text)}


def test_the_package_mentions_no_name_of_the_demo() -> None:
    assert {"DemoApp.Repo", "CachePrewarmWorker", "package_cache", "cleanup_expired_cache"} <= demo_names()
    assert {"cache-cleanup-expired", "refresh_hot_packages_task", "hot_packages"} <= demo_names()
    assert len(demo_names()) >= 70
    texts = {
        str(p.relative_to(ROOT)): p.read_text(encoding="utf-8")
        for folder in ("lib", "sql")
        for p in (ROOT / folder).rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    assert {"lib/cronlift/sources/oban.py", "lib/cronlift/elixir/effects.yaml", "sql/identity.sql"} <= texts.keys()
    assert {file: found for file, text in texts.items() if (found := mentions(text))} == {}


def test_a_mention_would_be_noticed() -> None:
    assert mentions("oban:DemoApp.Jobs.CacheClearWorker reads hot_packages") == {
        "DemoApp",
        "DemoApp.Jobs.CacheClearWorker",
        "CacheClearWorker",
        "hot_packages",
    }
    assert mentions("the packages of the cache, hot_packages_of_mine, a Repo, MyApp.CacheWorker") == set()


# ── The database ──

SCHEMA = (APP / "db/schema.sql").read_text()
SEED = (APP / "db/seed.sql").read_text()


def values(connection: Any, query: str) -> list[Any]:
    return [row[0] for row in connection.execute(query).fetchall()]


def filled(app_database: Any, packages: int | None = None) -> Any:
    """The database made and filled by the application's role; a connection of that role."""
    size = "" if packages is None else f"SET cronlift_demo.packages = {packages};\n"
    app_database.execute(SCHEMA)
    app_database.execute(size + SEED)
    return app_database.connect()


def test_no_client_commands_in_the_sql() -> None:
    for file in ("roles.sql", "schema.sql", "seed.sql"):
        text = (APP / "db" / file).read_text()
        assert not re.search(r"^\\|:'?packages|random\(", text, re.M)


def test_schema_creates_what_was_read(app_database: Any) -> None:
    app_database.execute(SCHEMA)
    with app_database.connect() as connection:
        rows = connection.execute(
            """
            SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, c.relkind = 'm'
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'm') AND a.attnum > 0
            """
        ).fetchall()
        real: dict[str, dict[str, tuple[str, bool | None]]] = {}
        for table, column, kind, nullable, view in rows:
            real.setdefault(table, {})[column] = (kind, None if view else nullable)
        read = {t: {c: (*x.types, x.nullable) for c, x in columns.items()} for t, columns in plain_sql(APP).items()}
        assert real == read
        unlogged = "SELECT relname::text FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r' ORDER BY 1"
        assert values(connection, unlogged) == ["oban_peers", "package_cache"]


def test_seed_fills_ten_thousand_packages(app_database: Any) -> None:
    with filled(app_database) as connection:
        counts = {
            "catalog_packages": 10_000,
            "hot_packages": 2_092,
            "package_cache": 9_200,
            "agent_metrics": 290,
            "framework_patterns": 24,
            "knowledge_entries": 40,
            "prompt_templates": 20,
            "code_chunks": 60,
            "dead_code_findings": 28,
            "oban_jobs": 14_071,
        }
        assert {t: values(connection, f"SELECT count(*) FROM {t}")[0] for t in counts} == counts
        assert values(connection, "SELECT count(*) FROM package_cache WHERE expires_at < now()") == [500]
        soon = "SELECT count(*) FROM package_cache WHERE expires_at BETWEEN now() AND now() + interval '1 hour'"
        assert values(connection, soon) == [0]
        # The cache and the view as the jobs find them: something to do for each, and the same again next time.
        assert values(connection, "SELECT cleanup_expired_cache()") == [500]
        assert values(connection, "SELECT cleanup_expired_cache()") == [0]
        connection.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY hot_packages")
        assert values(connection, "SELECT count(*) FROM hot_packages") == [2_178]
        prewarm = prewarm_statement()
        assert connection.execute(prewarm).rowcount == 321
        assert connection.execute(prewarm).rowcount == 0


def prewarm_statement() -> str:
    text = (APP / "lib/demo_app/package_cache.ex").read_text()
    found = re.search(r'"""\n(    INSERT INTO package_cache.*?)"""', text, re.S)
    assert found
    return found[1]


def test_the_same_size_gives_the_same_rows(app_database: Any) -> None:
    with filled(app_database, 2_000) as connection:
        digest = "SELECT md5(string_agg(t::text, E'\\n' ORDER BY id)) FROM {} AS t"
        assert values(connection, digest.format("catalog_packages")) == ["392d4d10ced431b1eef2ff57227890b9"]
        assert values(connection, digest.format("oban_jobs")) == ["24d1856237abd6e931d50f822f7f4ae1"]
        lasting = """
            SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE "C"))
            FROM (SELECT concat_ws(' ', cache_key, package_data, hit_count) FROM package_cache) AS cache (line)
        """
        assert values(connection, lasting) == ["0fb6b32ce89f486bc8911909559de409"]
        assert values(connection, "SELECT count(*) FROM package_cache") == [1_840]
        assert values(connection, "SELECT count(*) FROM package_cache WHERE expires_at < now()") == [100]


def test_every_cron_job_of_a_week_is_in_obans_record(app_database: Any) -> None:
    with filled(app_database, 100) as connection:
        rows = connection.execute(
            """
            SELECT DISTINCT worker, args, meta ->> 'cron_expr', queue, max_attempts
            FROM oban_jobs
            WHERE meta @> '{"cron": true}'
            """
        ).fetchall()
        jobs = [j for j in stage.classify(APP, "prod").jobs if j.kind == "cron"]
        expected = [(j.worker, j.options.args, j.schedule, j.options.queue, j.options.max_attempts) for j in jobs]
        assert sorted(rows, key=str) == sorted(expected, key=str)
        started = "SELECT worker FROM oban_jobs WHERE NOT meta @> '{\"cron\": true}' ORDER BY 1"
        startup = sorted(j.worker for j in stage.classify(APP, "prod").jobs if j.kind == "startup")
        assert values(connection, started) == startup


def test_roles_can_be_made_twice_and_own_the_tables(app_database: Any) -> None:
    roles = (APP / "db/roles.sql").read_text()
    with app_database.admin() as connection:
        connection.execute(roles)
        connection.execute(roles)
        connection.execute("SET LOCAL ROLE demo_app")
        connection.execute(SCHEMA)
        owners = "SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname = 'public'"
        assert values(connection, owners) == ["demo_app"]
        connection.rollback()
