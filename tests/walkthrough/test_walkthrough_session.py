"""The walkthrough without a browser: one page acts, errors in words, nothing typed is stored, nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from demo_application import MOVED, SCHEDULED

from cronlift.model.job import Inventory
from cronlift.model.verdict import Classification
from cronlift.notebook.parameters import PROJECT
from cronlift.stages import decisions as deciding
from cronlift.walkthrough import Walkthrough, WalkthroughParameters
from cronlift.walkthrough import lab as server

HOLD = """
import sys, time
from pathlib import Path
from cronlift.walkthrough.lock import PageLock
PageLock().take(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WalkthroughParameters:
    monkeypatch.setenv(PROJECT, str(tmp_path))
    return WalkthroughParameters(
        app="examples/demo_app", env="prod", decisions="runs/demo-decisions.yaml", service="", dsn_env="",
        cron_database="", proof_service="", proof_dsn_env="", run="runs/walkthrough", run_id="",
    )  # fmt: skip


def press(page: Walkthrough, step: str, what: str = "run") -> str:
    """Open a step, press its button, wait; what the step says then, as HTML."""
    page.open(step)
    panel: Any = page.panels[step]
    thread = getattr(panel, what)()
    if thread is not None:
        thread.join()
    return said(page, step)


def said(page: Walkthrough, step: str) -> str:
    return str(page.panels[step]._status.value)


def test_a_restarted_kernel_comes_up_where_it_was_left(params: WalkthroughParameters, tmp_path: Path) -> None:
    page = Walkthrough(params)
    page.open("connect")
    assert f"{SCHEDULED} scheduled jobs" in press(page, "inventory")
    page.context.change(env="dev", run="runs/another")
    page.open("schedule")
    again = Walkthrough(params)
    assert (again.context.fields.env, again.context.fields.run) == ("dev", "runs/another")
    assert again.context.memory.step == "schedule"
    page.context.change(run="runs/walkthrough")
    again = Walkthrough(params)
    again.open("inventory")
    assert f"{SCHEDULED} scheduled jobs" in said(again, "inventory")
    changed = params.model_copy(update={"env": "test"})
    assert Walkthrough(changed).context.fields.env == "test"  # somebody changed the notebook's cell: it wins


def test_a_second_page_looks_and_does_not_act(params: WalkthroughParameters) -> None:
    page = Walkthrough(params)
    press(page, "inventory")
    page.context.lock.leave()
    folder = params.folder().path
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        before = params.folder().document(Inventory).stat().st_mtime_ns
        assert "another walkthrough works on this run folder" in press(page, "inventory")
        assert params.folder().document(Inventory).stat().st_mtime_ns == before
        other.kill()
    assert f"{SCHEDULED} scheduled jobs" in press(page, "inventory")


def test_a_command_that_writes_meanwhile_is_said_too(params: WalkthroughParameters) -> None:
    page = Walkthrough(params)
    with params.folder().writing():
        assert "another cronlift is writing to this run folder" in press(page, "inventory")


def test_a_connection_string_in_a_field_is_refused_and_not_repeated(params: WalkthroughParameters) -> None:
    page = Walkthrough(params)
    press(page, "inventory")
    fields: Any = {"connect": page.panels["connect"], "verify": page.panels["verify"]}
    for step, field, name in (
        ("connect", fields["connect"]._fields["dsn_env"], "NAME of an environment variable"),
        ("connect", fields["connect"]._fields["service"], "name of a libpq service"),
        ("verify", fields["verify"]._proof["proof_dsn_env"], "NAME of an environment variable"),
    ):
        page.open(step)
        field.value = "postgresql://me:hunter2@db/shop"
        assert field.value == ""
        assert name in said(page, step) and "hunter2" not in said(page, step)
    press(page, "classify")
    for path in params.folder().path.parent.rglob("*"):
        assert not path.is_file() or b"hunter2" not in path.read_bytes(), path


def test_pressing_twice_runs_once_and_no_callback_blocks(params: WalkthroughParameters) -> None:
    page = Walkthrough(params)
    page.open("inventory")
    panel: Any = page.panels["inventory"]
    started = time.monotonic()
    thread = panel.run()
    took = time.monotonic() - started
    assert thread is not None and took < 1.0  # measured in benchmarks/; here only that it does not wait for the stage
    assert panel.run() is None
    assert panel._run.disabled
    thread.join()
    assert not panel._run.disabled


def test_a_decision_is_written_with_name_and_reason_and_taken_in(params: WalkthroughParameters, tmp_path: Path) -> None:
    file = server.copy_decisions(tmp_path / "runs")
    head = file.read_text(encoding="utf-8").splitlines()[0]
    page = Walkthrough(params)
    press(page, "inventory")
    press(page, "classify")
    panel: Any = page.panels["classify"]
    job = "oban:DemoApp.Jobs.CacheRefreshWorker"
    panel._grid._list.value = job
    panel._verdict.value, panel._move.value = "app_logic", False
    assert "a decision needs a name and a reason" in press(page, "classify", "decide")
    panel._grid._list.value = job
    panel._verdict.value, panel._move.value = "app_logic", False
    panel._texts["who"].value, panel._texts["why"].value = "Ana", "the view is read in the same minute"
    assert f"{MOVED - 1} can move" in press(page, "classify", "decide")
    decision = deciding.load(file).jobs[job]
    assert (decision.who, decision.why) == ("Ana", "the view is read in the same minute")
    assert file.read_text(encoding="utf-8").splitlines()[0] == head  # the rest of the file stays as it was
    judged = params.folder().read(Classification)
    assert next(j for j in judged.jobs if j.id == job).decided
    panel._grid._list.value = job
    assert f"{MOVED} can move" in press(page, "classify", "take_back")
    assert job not in deciding.load(file).jobs


def test_app_logic_is_not_overruled(params: WalkthroughParameters, tmp_path: Path) -> None:
    server.copy_decisions(tmp_path / "runs")
    page = Walkthrough(params)
    press(page, "inventory")
    press(page, "classify")
    panel: Any = page.panels["classify"]
    panel._grid._list.value = "oban:DemoApp.Jobs.PatternSyncWorker"
    panel._verdict.value = "pure_sql"
    panel._texts["why"].value = "it looks simple"
    assert "cannot be decided to be pure SQL: it is app_logic" in press(page, "classify", "decide")


def test_the_page_starts_with_ones_own_application(params: WalkthroughParameters) -> None:
    page = Walkthrough(params)
    page.open("connect")
    panel: Any = page.panels["connect"]
    panel._which.value = "my own application"
    fields = page.context.fields
    assert (fields.app, fields.decisions, fields.run) == ("", "", "runs/1")
    page.open("inventory")
    assert "name an application in step 1 first" in said(page, "inventory")
    panel._which.value = "the demo application"
    assert page.context.fields == params


def test_lab_keeps_your_notebooks_and_fetches_nothing(tmp_path: Path) -> None:
    folder = server.copy_notebooks(tmp_path / "notebooks")
    (folder / "01_inventory.ipynb").write_text("mine")
    assert (server.copy_notebooks(folder) / "01_inventory.ipynb").read_text() == "mine"
    (server.copy_decisions(tmp_path)).write_text("mine")
    assert server.copy_decisions(tmp_path).read_text() == "mine"
    command = server.command(folder / "00_walkthrough.ipynb", tmp_path, port=1, browser=False)
    assert "--ServerApp.ip=127.0.0.1" in command
    settings = next(option.partition("=")[2] for option in command if "app_settings_dir" in option)
    assert '"fetchNews": "false"' in (Path(settings) / "overrides.json").read_text()
    shutil.rmtree(settings)
