"""The application's own worker beside the procedure: Oban for Python runs the demo application's three cache jobs."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import oban_python
import pytest
from psycopg import sql
from shops import CLEANUP, SCHEMA, Shop, step

from cronlift import resources
from cronlift.commands.main import main
from cronlift.model.verification import Verification
from cronlift.proof.case import Case
from cronlift.proof.findings import Finding
from cronlift.proof.planned_job import prove
from cronlift.proof.session import sides
from cronlift.proof.worker import Worker
from cronlift.record.run_folder import RunFolder
from cronlift.stages import decisions
from cronlift.stages.classify import classify
from cronlift.stages.generate import generate
from cronlift.stages.install import install

Make = Callable[..., Shop]
WORKER = Path(__file__).parent / "oban_worker.py"
JOBS = ("CacheCleanupWorker", "CacheRefreshWorker", "CachePrewarmWorker")


@pytest.fixture(scope="module")
def oban() -> str:
    found = oban_python.python()
    if found is None:
        pytest.skip(oban_python.MISSING)
    return found


@pytest.fixture
def demo(app_database: Any, oban: str) -> Any:
    """The demo application, planned and installed, with Oban's tables as Oban for Python makes them."""
    app = resources.root() / "examples/demo_app"
    for file in ("schema.sql", "seed.sql"):
        app_database.execute((app / "db" / file).read_text())
    script = "import oban.schema; print(oban.schema.install_sql())"
    for statement in subprocess.run([oban, "-c", script], capture_output=True, text=True, check=True).stdout.split(
        "-- Tables"
    ):
        app_database.execute(statement)
    judged = classify(app, "prod", decisions=decisions.load(app / "decisions.yaml"))
    plan = generate(judged, app, app_database.server, decisions=decisions.load(app / "decisions.yaml"))
    install(plan, app_database.server, apply=True)
    return Shop(app_database, plan, app)


def command(oban: str, worker: str) -> str:
    return shlex.join([oban, str(WORKER), worker])


def beside(shop: Shop, number: int, text: str) -> Finding:
    target, job = shop.plan.target, shop.plan.jobs[number]
    with shop.database.admin() as connection:
        app, role = sides(connection, target, job)
    connection.close()
    server = shop.database.server.in_database(target.cron_database)
    worker = Worker(text, server, app, seconds=120)
    return prove(Case(server, target.database, target, job, app, role, installed=True, worker=worker))


def test_the_three_cache_jobs_do_what_their_workers_do(demo: Shop, oban: str) -> None:
    for number, name in enumerate(JOBS):
        assert demo.plan.jobs[number].worker.endswith(name)
        found = beside(demo, number, command(oban, name))
        assert found.result == "equal", (name, found)
        assert any("left out, since it is the scheduler's own: public.oban_" in line for line in found.lines)
        strange = [line for line in found.lines if line.startswith(("sent, and not read", "read in the source"))]
        assert strange == []
        assert len(found.proof.sent) == 2 if name == "CachePrewarmWorker" else 1


def test_the_founding_faults_are_named_against_the_worker(
    demo: Shop, oban: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hand-made procedures of the founding case: the refresh is lost, and `<=` stands for `<`."""
    demo.database.execute("""
CREATE PROCEDURE by_hand_prewarm() LANGUAGE sql AS $$
  INSERT INTO package_cache (cache_key, package_data, expires_at)
  SELECT ecosystem || ':' || package_name || ':' || version, to_jsonb(hot_packages.*), NOW() + INTERVAL '24 hours'
  FROM hot_packages ON CONFLICT (cache_key) DO NOTHING $$;
CREATE PROCEDURE by_hand_cleanup() LANGUAGE sql AS $$ DELETE FROM package_cache WHERE expires_at <= NOW() $$;
""")
    run = tmp_path / "run"
    with RunFolder(run).writing() as folder:
        folder.write_document(demo.plan)
    asked = ["verify", "--run", str(run), "--json", "--job", demo.plan.jobs[2].id, "--procedure", "by_hand_prewarm"]
    assert main([*asked, "--app-command", command(oban, "CachePrewarmWorker")]) == 1
    said = json.loads(capsys.readouterr().out)["jobs"][0]["checks"][0]
    assert any("the app commits 2 times" in line for line in (said["text"], *said["evidence"]))
    assert any("public.hot_packages" in line and "only after the app" in line for line in said["evidence"]), said
    asked = ["verify", "--run", str(run), "--json", "--job", demo.plan.jobs[0].id, "--procedure", "by_hand_cleanup"]
    assert main([*asked, "--app-command", command(oban, "CacheCleanupWorker")]) == 1
    said = json.loads(capsys.readouterr().out)["jobs"][0]["checks"][0]
    assert any("planted at expires_at = now()" in line for line in said["evidence"]), said


# A worker without a framework: any program that speaks to PostgreSQL. It needs no Python of another version.
PLAIN = """\
import os, sys
import psycopg
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    for statement in sys.argv[1:]:
        connection.execute(statement)
"""


@pytest.fixture
def plain(tmp_path: Path) -> Callable[..., str]:
    file = tmp_path / "worker.py"
    file.write_text(PLAIN)
    return lambda *statements: shlex.join([sys.executable, str(file), *statements])


def test_what_the_source_did_not_say_is_found(shop: Make, plain: Callable[..., str]) -> None:
    made = shop(step(CLEANUP))
    found = beside(made, 0, plain(CLEANUP, "DELETE FROM bystander WHERE id = 3"))
    assert found.result == "differs"
    assert any(line == "sent, and not read in the source: DELETE FROM bystander WHERE id = 3" for line in found.lines)
    assert any("public.bystander: 0 rows only after the app" in line for line in found.lines), found.lines


def test_a_job_that_reading_left_open_is_judged_by_its_worker(
    shop: Make, plain: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No statement of it is known: what its worker does is all there is, and a decision may name that as its ground."""
    import building

    made = shop(step(CLEANUP))
    open_job = building.classified("Shop.Riddle", schedule="5 * * * *", verdict="needs_review")
    judged = building.application(tmp_path, building.classified("Shop.CacheWorker", step(CLEANUP)), open_job)
    run = tmp_path / "run"
    with RunFolder(run).writing() as folder:
        folder.write_document(judged)
        folder.write_document(made.plan)
    made.database.execute(
        "CREATE PROCEDURE riddle() LANGUAGE sql AS $$ UPDATE bystander SET note = upper(note) WHERE id > 15 $$"
    )
    asked = ["verify", "--run", str(run), "--job", "oban:Shop.Riddle", "--procedure", "riddle"]
    assert main(asked) == 2
    assert "name a command that runs it once, with --app-command" in capsys.readouterr().err
    statement = "UPDATE bystander SET note = upper(note) WHERE id > 15"
    assert main([*asked, "--app-command", plain(statement)]) == 0
    said = capsys.readouterr().out
    assert "Reading left oban:Shop.Riddle at needs_review; its own worker did what the procedure does." in said
    assert "witness:" in said
    assert main([*asked, "--app-command", plain(statement.replace("15", "14"))]) == 1


def test_the_whole_verification_holds_the_workers_statements(
    shop: Make, plain: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = shop(step(CLEANUP))
    run = tmp_path / "run"
    with RunFolder(run).writing() as folder:
        folder.write_document(made.plan)
    assert main(["verify", "--run", str(run), "--app-command", plain("SELECT 1", CLEANUP)]) in (0, 4)
    (effects,) = [c for c in RunFolder(run).read(Verification).jobs[0].checks if c.name == "effects"]
    assert effects.status == "passed", effects
    assert effects.proof is not None
    assert effects.proof.sent == (CLEANUP,)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exit 7", "ended with exit code 7"),
        ("echo no such worker; false", "exit code 1: no such worker"),
        ("sleep 60", "did not end within 1 seconds"),
    ],
)
def test_a_command_that_fails_proves_nothing(shop: Make, text: str, said: str) -> None:
    made = shop(step(CLEANUP))
    target, job = made.plan.target, made.plan.jobs[0]
    with made.database.admin() as connection:
        app, role = sides(connection, target, job)
        assert connection.execute("SELECT 1").fetchone() == (1,)
    connection.close()
    worker = Worker(text, made.database.server, app, seconds=1 if "sleep" in text else 60)
    server = made.database.server.in_database(target.cron_database)
    found = prove(Case(server, target.database, target, job, app, role, installed=True, worker=worker))
    assert found.result == "unproved"
    assert said in found.text
    with made.database.admin("postgres") as connection:
        left = connection.execute("SELECT 1 FROM pg_database WHERE datname LIKE 'cronlift_proof%'").fetchall()
    connection.close()
    assert left == []


def test_the_worker_gets_the_settings_its_role_has_in_the_database(shop: Make, plain: Callable[..., str]) -> None:
    schema = SCHEMA + "CREATE SCHEMA other; CREATE TABLE other.mine (d date NOT NULL);"
    statement = "INSERT INTO other.mine SELECT (timestamptz '2026-01-01 23:30:00+00')::date"
    made = shop(step(statement), schema=schema)
    name = sql.Identifier(made.database.name).as_string()
    with made.database.admin() as connection:
        connection.execute(f"ALTER ROLE app IN DATABASE {name} SET TimeZone = 'Asia/Tokyo'")
    connection.close()
    found = beside(made, 0, plain(statement))
    assert found.result == "equal", found
