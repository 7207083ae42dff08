"""``cronlift check`` on a real move of the demo application: each thing that can go stale is found, and only that."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from demo_application import MOVED

from cronlift.commands.main import main
from cronlift.record.run_folder import RunFolder
from cronlift.sandbox import Sandbox
from cronlift.stages import decisions as deciding
from cronlift.stages.classify import classify
from cronlift.stages.generate import generate
from cronlift.stages.install import install
from cronlift.stages.inventory import inventory
from cronlift.walkthrough import example

WORKER = "lib/demo_app/jobs/cache_cleanup_worker.ex"
CLEANUP = "oban:DemoApp.Jobs.CacheCleanupWorker"


@dataclass(frozen=True)
class Moved:
    """The demo application after its jobs were moved: its patched source, its run, its database."""

    app: Path
    run: RunFolder
    environment: dict[str, str]


@pytest.fixture(scope="module")
def move(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    folder = tmp_path_factory.mktemp("check")
    environment = example.prepare(name=sandbox.name)
    app = folder / "app"
    shutil.copytree(example.FOLDER, app)
    server = sandbox.server()
    chosen = deciding.load(app / "decisions.yaml")
    judged = classify(app, decisions=chosen)
    plan = generate(judged, app, server, decisions=chosen)
    with RunFolder(folder / "run").writing() as run:
        for document in (inventory(app), judged, plan, install(plan, server, apply=True)):
            run.write_document(document)
    subprocess.run(["git", "apply", "--directory", "", str(run.sql / "config.patch")], cwd=app, check=True)
    yield Moved(app, run, environment)
    with sandbox.server(sandbox.cron_database).connect(read_only=False) as connection:
        connection.execute("DELETE FROM cron.job WHERE database = %s", (sandbox.database,))


@pytest.fixture
def app(move: Moved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the patched application to change; libpq's environment names its database in a variable."""
    text = " ".join(f"{name[2:].lower()}={value}" for name, value in move.environment.items() if name != "PGDATABASE")
    text = text.replace("database=", "dbname=")
    monkeypatch.setenv("CHECK_DSN", f"{text} dbname={move.environment['PGDATABASE']}")
    shutil.copytree(move.app, tmp_path / "app")
    return tmp_path / "app"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def found(app: Path, move: Moved, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, list[tuple[str, str]]]:
    """The exit code, and the findings as (code, job)."""
    decisions = str(app / "decisions.yaml")
    code = main(["check", "--app", str(app), "--decisions", decisions, "--run", str(move.run.path), "--json", *more])
    document = json.loads(capsys.readouterr().out)
    return code, [(one["code"], one["job"]) for one in document["findings"]]


def test_a_move_that_holds_has_no_finding(app: Path, move: Moved, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(app, move, capsys, "--dsn-env", "CHECK_DSN") == (0, [])


def test_a_worker_that_changed_since_its_move(app: Path, move: Moved, capsys: pytest.CaptureFixture[str]) -> None:
    edit(app / WORKER, "def perform(", "def unused, do: :ok\n\n  def perform(")
    assert found(app, move, capsys) == (0, [])  # a function that is not on the job's path changes nothing
    edit(app / "lib/demo_app/package_cache.ex", "SELECT cleanup_expired_cache()", "SELECT cleanup_all()")
    assert found(app, move, capsys) == (1, [("worker-changed", CLEANUP)])


def test_an_entry_that_came_back(app: Path, move: Moved, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copyfile(example.FOLDER / "config/config.exs", app / "config/config.exs")
    code, findings = found(app, move, capsys)
    assert code == 1
    assert {kind for kind, _ in findings} == {"still-scheduled"} and len(findings) == MOVED
    assert found(app, move, capsys, "--allow", "still-scheduled")[0] == 0


def test_a_stale_decision_and_one_without_a_job(app: Path, move: Moved, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copyfile(example.FOLDER / "config/config.exs", app / "config/config.exs")
    edit(app / "lib/demo_app/package_cache.ex", "SELECT cleanup_expired_cache()", "SELECT cleanup_all()")
    edit(app / "decisions.yaml", "oban:DemoApp.Jobs.CacheRefreshWorker:", "oban:DemoApp.Jobs.NoLonger:")
    code = main(["check", "--app", str(app), "--decisions", str(app / "decisions.yaml"), "--json"])
    kinds = [(one["code"], one["job"]) for one in json.loads(capsys.readouterr().out)["findings"]]
    assert code == 1
    assert sorted(kinds) == [
        ("decision-without-job", "oban:DemoApp.Jobs.NoLonger"),
        ("new-movable-job", "oban:DemoApp.Jobs.CacheRefreshWorker"),
        ("stale-decision", CLEANUP),
    ]


def test_drift_in_the_database(app: Path, move: Moved, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    with sandbox.server(sandbox.cron_database).connect(read_only=False) as cron:
        cron.execute("SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = 'cache-cleanup-expired'")
    assert found(app, move, capsys, "--dsn-env", "CHECK_DSN") == (1, [("drift", CLEANUP)])
    with sandbox.server().connect(read_only=False) as connection:
        connection.execute("CREATE OR REPLACE PROCEDURE public.cleanup_expired_cache_task() LANGUAGE plpgsql AS "
                           "$$ BEGIN DELETE FROM package_cache; END $$")  # fmt: skip
    main(["check", "--app", str(app), "--run", str(move.run.path), "--dsn-env", "CHECK_DSN"])
    assert "DELETE FROM package_cache" in capsys.readouterr().out.replace("\n", " ")


def test_junit_names_what_was_looked_at(
    app: Path, move: Moved, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copyfile(example.FOLDER / "config/config.exs", app / "config/config.exs")
    file = tmp_path / "check.xml"
    assert main(["check", "--app", str(app), "--run", str(move.run.path), "--junit", str(file)]) == 1
    suite = ElementTree.parse(file).getroot()
    failed = [case for case in suite if case.find("failure") is not None]
    assert int(suite.get("tests", "0")) == len(suite) and int(suite.get("failures", "0")) == len(failed) == MOVED
    assert {case.get("classname") for case in failed} == {"cronlift.still-scheduled"}
    assert "config/config.exs:30" in "".join(failure.text or "" for case in failed for failure in case)
    said = capsys.readouterr()
    assert f"{MOVED} findings in" in said.out and "drift was not checked" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--allow", "nonsense"], 2, "there is no kind of finding named nonsense"),
        (["--run", "/nowhere"], 2, "this is not a run folder"),
        (["--dsn-env", "CHECK_NOWHERE", "--run", "RUN"], 3, "cronlift:"),
    ],
)
def test_wrong_use(
    app: Path, move: Moved, arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("CHECK_NOWHERE", "host=/nowhere dbname=x connect_timeout=2")
    given = [str(move.run.path) if argument == "RUN" else argument for argument in arguments]
    assert main(["check", "--app", str(app), *given]) == code
    assert said in capsys.readouterr().err


def test_the_sample_workflow_uses_commands_and_options_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    import yaml

    from cronlift import resources

    workflow = yaml.safe_load((resources.root() / "docs/examples/cronlift-check.yml").read_text(encoding="utf-8"))
    lines = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    commands = [line.split() for line in lines if line.startswith("cronlift ")]
    assert [line[1] for line in commands] == ["check", "run", "run"]
    for line in commands:
        main([line[1], "--help"])
        options = capsys.readouterr().out
        for option in (word for word in line if word.startswith("--")):
            assert option in options
