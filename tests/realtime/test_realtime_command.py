"""``cronlift realtime``: proposals from a run folder, and the consumer as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shops import CLEANUP, PREWARM, REFRESH, Shop, step
from test_consumer import add, fresh, soon

from cronlift.commands.main import main
from cronlift.record.run_folder import RunFolder

Make = Callable[..., Shop]


def recorded(shop: Shop, run: Path) -> str:
    with RunFolder(run).writing() as folder:
        folder.write_document(shop.plan)
    return str(run)


def test_proposals_are_shown_and_nothing_is_installed(
    shop: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = shop(
        jobs={
            "Shop.Cleanup": ("*/15 * * * *", (step(CLEANUP),)),
            "Shop.Refresh": ("0 * * * *", (step(REFRESH),)),
            "Shop.Prewarm": ("0 */6 * * *", (step(PREWARM),)),
        }
    )
    run = recorded(made, tmp_path / "run")
    before = made.contents()
    assert main(["realtime", "propose", "--run", run, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(p["job"], p["kind"]) for p in said["proposals"]] == [
        ("oban:Shop.Cleanup", "triggers"), ("oban:Shop.Cleanup", "change_stream"),
        ("oban:Shop.Refresh", "triggers"), ("oban:Shop.Refresh", "change_stream"),
    ]  # fmt: skip
    assert [none["job"] for none in said["none"]] == ["oban:Shop.Prewarm"]
    assert all(p["reasons_not"] and p["costs"] and p["watch_sql"] and p["down_sql"] for p in said["proposals"])
    assert main(["realtime", "propose", "--run", run, "--job", "oban:Shop.Refresh"]) == 0
    shown = capsys.readouterr().out
    assert "reasons not to" in shown
    assert "2 proposals for 1 job, none of them installed" in shown
    assert made.contents() == before


def test_the_consumer_runs_as_a_process_until_it_is_interrupted(stream: Any, shop: Make, tmp_path: Path) -> None:
    made = shop(step(REFRESH))
    run = recorded(made, tmp_path / "run")
    command = ["realtime", "follow", "--run", run, "--job", made.plan.jobs[0].id, "--interval", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "cronlift", *command], stderr=subprocess.PIPE, text=True, env=os.environ.copy()
    )
    try:
        add(made, "before it looks")
        assert soon(lambda: fresh(made))
        add(made, "while it looks")
        assert soon(lambda: fresh(made))
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "connected: the slot was made anew" in said
    assert "ran: CALL" in said


def test_a_job_that_cannot_follow_changes_says_why(
    shop: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = shop(step(PREWARM))
    run = recorded(made, tmp_path / "run")
    assert main(["realtime", "follow", "--run", run, "--job", made.plan.jobs[0].id]) == 2
    assert "neither the refresh of one view nor one DELETE" in capsys.readouterr().err
