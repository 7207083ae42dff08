"""``cronlift run`` from plan to installation: nothing without the hash of the plan that was read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from demo_application import FOUND, MOVED

from cronlift.commands.main import main
from cronlift.record import audit
from cronlift.record.run_folder import RunFolder
from cronlift.sandbox import Sandbox
from cronlift.walkthrough import example


def _entries(sandbox: Sandbox) -> int:
    with sandbox.server(sandbox.cron_database).connect() as connection:
        row = connection.execute("SELECT count(*) FROM cron.job WHERE database = %s", (sandbox.database,)).fetchone()
    assert row is not None
    return int(str(row[0]))


@pytest.fixture
def arguments(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name, value in example.prepare(name=sandbox.name).items():
        monkeypatch.setenv(name, value)
    where = ["--app", str(example.FOLDER), "--decisions", str(example.DECISIONS), "--run", str(tmp_path / "run")]
    return ["run", *where]


def test_plan_then_approve_then_install(
    arguments: list[str], sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted((p, p.stat().st_mtime_ns) for p in example.FOLDER.rglob("*"))
    assert main(arguments) == 0
    shown = capsys.readouterr()
    assert f"{FOUND} found = {MOVED} moved + 0 split + " in shown.out
    assert "not installed" in shown.err
    assert _entries(sandbox) == 0
    found = re.search(r"--plan-hash ([0-9a-f]{64})", shown.out)
    assert found

    assert main([*arguments, "--apply"]) == 2
    assert main([*arguments, "--apply", "--plan-hash", "0" * 64]) == 2
    assert "not the one that was approved" in capsys.readouterr().err
    assert _entries(sandbox) == 0

    assert main([*arguments, "--apply", "--plan-hash", found[1]]) == 4  # the gates are shut until jobs start
    shown = capsys.readouterr().out
    assert f"cronlift jobs start --run {tmp_path / 'run'} --apply" in shown
    assert "prepared" in shown
    assert _entries(sandbox) == MOVED + 1  # and the sweeper
    folder = RunFolder(tmp_path / "run")
    assert audit.verify(folder) == ()
    assert json.loads(folder.manifest.read_text(encoding="utf-8"))["sequence"] == 3
    assert sorted((p, p.stat().st_mtime_ns) for p in example.FOLDER.rglob("*")) == before


def test_wrong_use_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert main(["run", "--app", str(tmp_path / "none"), "--run", str(run)]) == 2
    secret = "postgresql://me:hunter2@db/shop"
    assert main(["run", "--app", str(example.FOLDER), "--run", str(run), "--dsn-env", secret]) == 2
    assert "hunter2" not in capsys.readouterr().err
    assert not run.exists()


def test_no_server_is_the_environments_fault_and_the_record_says_so(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PGHOST", str(tmp_path / "nowhere"))
    assert main(arguments) == 3
    assert "03_generate stopped" in capsys.readouterr().err
    assert "The run stopped" in (tmp_path / "run" / "record.html").read_text(encoding="utf-8")
