"""The notebooks against kept outputs (nbval), and the shipped ones executed; a changed output must turn red."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from demo_application import keep_away_from_ticks

from cronlift import resources
from cronlift.notebook.parameters import PROJECT
from cronlift.sandbox import Sandbox
from cronlift.walkthrough import example

KEPT = Path(__file__).resolve().parents[1] / "notebooks"
KEPT_ON = 15  # PostgreSQL's major version
ONLY_HTML = r"""
[the name of another pg_cron is longer, and tables of text break their lines elsewhere: their HTML form is compared]
regex: (?s)\A\[\w+\] .*
replace: TABLE
"""
STAGES = ("01_inventory", "02_classify", "03_generate", "04_install", "05_verify", "06_monitor", "07_realtime")


@pytest.fixture
def environment(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """A freshly filled demo database, and a project folder of its own for the runs."""
    runtime = tmp_path / "jupyter"
    runtime.mkdir()
    database = example.prepare(name=sandbox.name)
    return {**os.environ, **database, PROJECT: str(tmp_path), "JUPYTER_RUNTIME_DIR": str(runtime)}


def nbval(environment: dict[str, str], notebooks: list[Path], *options: str) -> subprocess.CompletedProcess[str]:
    """pytest with nbval in a process of its own: this environment's kernel, none of this project's pytest settings."""
    command = [
        sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", environment[PROJECT], "-p", "no:cacheprovider",
        "-q", "--nbval-current-env", "--nbval-kernel-startup-timeout", "120", *options, *map(str, notebooks),
    ]  # fmt: skip
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)


@pytest.mark.timeout(600)  # it may wait for a quarter hour to pass, four minutes at most
def test_outputs_are_as_kept(environment: dict[str, str], sandbox: Sandbox, tmp_path: Path) -> None:
    keep_away_from_ticks()
    notebooks = [KEPT / f"{name}.ipynb" for name in STAGES]
    sanitize = tmp_path / "sanitize.cfg"
    other_version = sandbox.programs.major != KEPT_ON
    sanitize.write_text((KEPT / "sanitize.cfg").read_text(encoding="utf-8") + (ONLY_HTML if other_version else ""))
    result = nbval(environment, notebooks, "--nbval", "--nbval-sanitize-with", str(sanitize))
    assert result.returncode == 0, result.stdout[-6000:]
    assert "skipped" not in result.stdout
    assert "xfailed" not in result.stdout


def test_shipped_notebooks_execute_as_they_are(environment: dict[str, str]) -> None:
    notebooks = [resources.root() / "notebooks" / f"{name}.ipynb" for name in (*STAGES, "08_doctor")]
    result = nbval(environment, notebooks, "--nbval-lax")
    assert result.returncode == 0, result.stdout[-6000:]
    run = Path(environment[PROJECT]) / "runs" / "notebooks"
    assert json.loads((run / "documents" / "installation.json").read_text())["applied"] is False


@pytest.mark.parametrize("name", ["01_inventory", "02_classify"])
def test_a_changed_output_turns_red(environment: dict[str, str], tmp_path: Path, name: str) -> None:
    changed = tmp_path / "changed"
    changed.mkdir()
    for stage in STAGES[: STAGES.index(name) + 1]:
        shutil.copyfile(KEPT / f"{stage}.ipynb", changed / f"{stage}.ipynb")
    path = changed / f"{name}.ipynb"
    path.write_text(json.dumps(_with_one_word_changed(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    result = nbval(
        environment, sorted(changed.glob("*.ipynb")), "--nbval", "--nbval-sanitize-with", str(KEPT / "sanitize.cfg")
    )
    assert result.returncode == 1
    assert "1 failed" in result.stdout


def _with_one_word_changed(notebook: dict[str, Any]) -> dict[str, Any]:
    cell = next(cell for cell in notebook["cells"] if cell["id"] == "show")
    text = cell["outputs"][0]["data"]["text/plain"]
    position = next(i for i, line in enumerate(text) if "CacheClearWorker" in line)
    text[position] = text[position].replace("CacheClearWorker", "CacheCleanWorker")
    return notebook


def test_kept_outputs_compare_something() -> None:
    """A cell that is stripped or ignored compares nothing: the display of every stage is kept, with its text twin."""
    for name in STAGES:
        notebook = json.loads((KEPT / f"{name}.ipynb").read_text(encoding="utf-8"))
        cells = {cell["id"]: cell for cell in notebook["cells"]}
        if name != "07_realtime":  # its only table holds what the database reports, which varies; its verdict is kept
            assert {"text/html", "text/plain"} <= set(cells["show"]["outputs"][0]["data"])
            assert "nbval-ignore-output" not in cells["show"]["metadata"].get("tags", [])
        assert all(cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code")
        assert cells["verdict"]["outputs"]


def test_kept_notebooks_are_the_shipped_ones() -> None:
    """Same cells, but for the parameters: a shipped notebook that was changed makes the kept one old."""
    for name in STAGES:
        kept = json.loads((KEPT / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        shipped = json.loads((resources.root() / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        assert [(c["id"], c["source"]) for c in kept if c["id"] != "kept-parameters"] == [
            (c["id"], c["source"]) for c in shipped
        ], f"run tests/notebooks/regenerate.py: {name} is old"
