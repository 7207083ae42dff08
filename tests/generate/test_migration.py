"""The Ecto migration: its Elixir judged by tree-sitter, its SQL by servers with and without pg_cron."""

import re
from pathlib import Path

import psycopg
import pytest
import tree_sitter
import tree_sitter_elixir
from building import DELETE, INSERT, REFRESH, SCHEMA, TARGET, application, classified, planned, step

from cronlift.errors import SafetyError
from cronlift.generate import migration
from cronlift.generate.migration import elixir_text
from cronlift.stages.generate import generate
from cronlift.stages.install import install, rollback

GOLDEN = Path(__file__).parent / "golden" / "migration.exs"
PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_elixir.language()))
JOBS = (
    classified("Shop.CartCleanupWorker", step(DELETE)),
    classified("Shop.PrewarmWorker", step(REFRESH), step(INSERT), schedule="5 */6 * * *"),
)


def strings(source: str) -> list[str]:
    """The arguments of ``execute`` as Elixir would read them (heredoc indentation off, escapes undone)."""
    tree = PARSER.parse(source.encode())
    assert not tree.root_node.has_error
    found = []
    waiting = [tree.root_node]
    while waiting:
        node = waiting.pop()
        waiting.extend(reversed(node.children))
        if node.type == "sigil":
            lines = node.text.decode().split("\n")
            indent = len(lines[-1]) - len(lines[-1].lstrip())
            assert all(line[:indent].strip() == "" for line in lines[1:])
            found.append("\n".join(line[indent:] for line in lines[1:-1]) + "\n")
        elif node.type == "string" and node.parent.type == "arguments":
            text = node.text.decode()[1:-1]
            text = re.sub(r"\\u\{([0-9A-F]+)\}", lambda m: chr(int(m[1], 16)), text)
            found.append(re.sub(r"\\(.)", r"\1", text))
    return found


def part(source: str, name: str) -> list[str]:
    up, down = source.split("  def down do")
    return strings(up + "  end\nend" if name == "up" else "defmodule X do\n  def down do" + down)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "SELECT \"#{x}\", 'a\\nb' -- \\",
        "two\n\n  lines\n",
        'triple """ quotes',
        "triple ''' quotes",
        'both """ and \'\'\' #{x} \\ "',
        "carriage\r\nreturn \u202e and \x07",
    ],
)
def test_elixir_reads_back_what_was_written(text):
    source = f"    execute({elixir_text(text, '    ')})\n"
    (read,) = strings(source)
    assert read.rstrip("\n") == text.rstrip("\n")


def test_golden(tmp_path):
    (tmp_path / "priv/repo/migrations").mkdir(parents=True)
    for name in ("20240101120000_first.exs", "20251231235959_second.exs", "README.md"):
        (tmp_path / "priv/repo/migrations" / name).touch()
    made = migration.build(tmp_path, "shop", [planned()], TARGET)
    assert made.file == "priv/repo/migrations/20260101000000_move_jobs_to_pg_cron_5083d12a.exs"
    assert made.text == GOLDEN.read_text(encoding="utf-8")


def test_the_version_is_fixed(tmp_path):
    """Nothing but the existing migrations decides, and the migration's own file does not count as one."""
    first = migration.build(tmp_path, "shop", [planned()], TARGET)
    assert first.file.startswith("priv/repo/migrations/2000")
    (tmp_path / "priv/repo/migrations").mkdir(parents=True)
    (tmp_path / first.file).write_text(first.text)
    assert migration.build(tmp_path, "shop", [planned()], TARGET) == first
    other = migration.build(tmp_path, "shop", [planned(hash="4567")], TARGET)
    assert int(Path(other.file).name[:14]) == int(Path(first.file).name[:14]) + 1
    (tmp_path / "priv/repo/migrations/9_odd.exs").touch()
    (tmp_path / "priv/repo/migrations/99999999999999_odd.exs").touch()
    assert Path(migration.build(tmp_path, "shop", [planned(hash="4567")], TARGET).file).name.startswith(
        "100000000000000_"
    )


def test_the_repository_decides_the_folder(tmp_path):
    for name in ("repo", "audit_repo"):
        (tmp_path / "priv" / name / "migrations").mkdir(parents=True)
    job = planned(steps=(step(DELETE, repo="Shop.AuditRepo"),))
    made = migration.build(tmp_path, "shop", [job], TARGET)
    assert made.file.startswith("priv/audit_repo/migrations/")
    assert "defmodule Shop.AuditRepo.Migrations.MoveJobsToPgCron" in made.text


def run(shop, source: str, name: str, user: str = "app") -> list[str]:
    """Run one direction as the framework does (one transaction, one statement per execute); returns the notices."""
    notices: list[str] = []
    with shop.connect(user) as connection:
        connection.add_notice_handler(lambda d: notices.append(d.message_primary or ""))
        for statement in part(source, name):
            connection.execute(statement.encode(), ())  # parameters: the extended protocol, one statement only
    return notices


@pytest.fixture
def shop(app_database):
    app_database.execute(SCHEMA)
    return app_database


def objects(shop, cron_database: str) -> tuple[list, list]:
    with shop.admin() as app, shop.admin(cron_database) as cron:
        return (
            app.execute(
                "SELECT proname, prosrc, proconfig, proowner, proacl::text, obj_description(oid, 'pg_proc') "
                "FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'p' ORDER BY 1"
            ).fetchall(),
            cron.execute("SELECT jobname, schedule, command, database, username FROM cron.job ORDER BY 1").fetchall(),
        )


@pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)
def test_the_migration_and_install_make_the_same(shop, tmp_path):
    with shop.admin() as connection:
        connection.execute("GRANT CREATE ON SCHEMA public TO app")
    plan = generate(application(tmp_path, *JOBS), tmp_path, shop.server)
    cron = plan.target.cron_database
    install(plan, shop.server, apply=True)
    installed = objects(shop, cron)
    assert run(shop, plan.migration.text, "up", "postgres") == _absent(plan)
    assert objects(shop, cron) == installed
    rollback(plan, shop.server, apply=True)
    assert objects(shop, cron) == ([], [])

    user = "app" if plan.target.split else "postgres"
    run(shop, plan.migration.text, "up", user)
    by_migration = objects(shop, cron)
    assert by_migration == (installed[0], [] if plan.target.split else installed[1])
    run(shop, plan.migration.text, "up", user)
    assert objects(shop, cron) == by_migration
    done = install(plan, shop.server, apply=True)
    assert [a.state for a in done.actions if a.object == "procedure"] == ["present", "present"]
    assert objects(shop, cron) == installed

    notices = run(shop, plan.migration.text, "down", user)
    assert (notices != []) == plan.target.split
    assert objects(shop, cron) == ([], installed[1] if plan.target.split else [])


def _absent(plan) -> list[str]:
    return [f"no pg_cron in this database: cron entry {j.cron_name} is not made here (its place is database "
            f"{plan.target.cron_database})" for j in plan.jobs if plan.target.split]  # fmt: skip


def test_a_foreign_procedure_stops_the_migration(shop, tmp_path):
    plan = generate(application(tmp_path, *JOBS), tmp_path, shop.server)
    shop.execute("CREATE PROCEDURE cart_cleanup_worker_job() LANGUAGE sql AS 'SELECT 1'")
    with pytest.raises(psycopg.errors.RaiseException, match="which cronlift did not make"):
        run(shop, plan.migration.text, "up")
    assert any("stays as it is" in n for n in run(shop, plan.migration.text, "down"))
    with pytest.raises(SafetyError):
        install(plan, shop.server, apply=True)


def test_a_database_without_the_job_role(shop, tmp_path):
    """A developer's database: another owner, no such role, no pg_cron."""
    plan = generate(application(tmp_path, *JOBS), tmp_path, shop.server)
    source = plan.migration.text.replace("rolname = 'app'", "rolname = 'nobody_here'")
    notices = run(shop, source, "up", "postgres")
    assert sum("there is no role" in n for n in notices) == 2
    assert sum("no pg_cron in this database" in n for n in notices) == 2
