"""The walkthrough without a browser: one writer, errors in words, nothing typed is stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from cronlift.walkthrough import Walkthrough, WalkthroughParameters, session
from cronlift.walkthrough import lab as server


@pytest.fixture
def params(tmp_path: Path) -> WalkthroughParameters:
    return WalkthroughParameters(
        app="examples/demo_app", env="prod", decisions="", service="", dsn_env="", cron_database="",
        run=str(tmp_path / "run"), run_id="",
    )  # fmt: skip


def test_only_the_next_step_is_possible(params: WalkthroughParameters) -> None:
    assert [step.key for step in session.steps() if session.possible(params, step)] == ["inventory"]
    assert "no job is known" in session.jobs(params).text.lower()


def test_a_second_tab_is_told(params: WalkthroughParameters) -> None:
    with params.folder().writing():
        shown = session.perform(params, session.steps()[0])
    assert "another cronlift is writing to this run folder" in shown.text


def test_a_connection_string_in_a_field_is_refused_and_not_repeated(params: WalkthroughParameters) -> None:
    first, second = session.steps()[:2]
    assert "found" in session.perform(params, first).text
    assert "can move" in session.perform(params, second).text
    secret = params.model_copy(update={"dsn_env": "postgresql://me:hunter2@db/shop"})
    shown = session.perform(secret, session.steps()[2])
    assert "NAME of an environment variable" in shown.text
    assert "hunter2" not in shown.text
    for path in params.folder().path.rglob("*"):
        assert not path.is_file() or b"hunter2" not in path.read_bytes(), path


def test_pressing_twice_runs_once(params: WalkthroughParameters) -> None:
    page = Walkthrough(params)
    thread = page.press("inventory")
    assert thread is not None
    assert page.press("inventory") is None
    thread.join()


def test_lab_keeps_your_notebooks_and_fetches_nothing(tmp_path: Path) -> None:
    folder = server.copy_notebooks(tmp_path / "notebooks")
    (folder / "01_inventory.ipynb").write_text("mine")
    assert (server.copy_notebooks(folder) / "01_inventory.ipynb").read_text() == "mine"
    command = server.command(folder / "00_walkthrough.ipynb", tmp_path, port=1, browser=False)
    assert "--ServerApp.ip=127.0.0.1" in command
    settings = next(option.partition("=")[2] for option in command if "app_settings_dir" in option)
    assert '"fetchNews": "false"' in (Path(settings) / "overrides.json").read_text()
