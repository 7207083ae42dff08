"""The runner: what counts as done, and how a notebook that only looks finished is found out. Real kernels."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from cronlift import resources
from cronlift.errors import SafetyError
from cronlift.model.job import Inventory
from cronlift.notebook import run as runs
from cronlift.notebook import runner
from cronlift.notebook.runner import STAGES, Settings

INVENTORY = STAGES[0]


@pytest.fixture
def settings(shop: Path, tmp_path: Path) -> Settings:
    return Settings(app=shop, run=tmp_path / "run {x}", run_id="r1")


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts other cells in the place of the inventory's notebook."""

    def put(*cells: str) -> None:
        shipped = nbformat.read(resources.root() / "notebooks" / "01_inventory.ipynb", as_version=4)
        head = [cell for cell in shipped.cells if cell.cell_type == "code"][:2]
        shipped.cells = [*head, *(nbformat.v4.new_code_cell(text) for text in cells)]
        (tmp_path / "notebooks").mkdir()
        nbformat.write(shipped, tmp_path / "notebooks" / "01_inventory.ipynb")
        monkeypatch.setattr(runner.resources, "root", lambda: tmp_path)

    return put


WRITE = "from cronlift.notebook import stage\ndocument = stage.inventory(params)"


def test_source_only_stages_run_leave_documents_and_a_record(settings: Settings) -> None:
    lines: list[str] = []
    report = runs.run(replace(settings, run_id=""), stages=STAGES[:2], progress=lines.append)
    assert (report.code, report.stopped) == (0, "")
    assert report.tally.equation == ("2 found = 1 moved + 0 split + 1 stays + 0 review + 0 startup + 0 not analysed")
    assert [line.split()[0] for line in lines] == ["01_inventory", "01_inventory", "02_classify", "02_classify"]
    first = {p.name: p.read_bytes() for p in report.folder.documents.iterdir()}
    assert set(first) == {"inventory.json", "classification.json"}
    assert str(settings.app).encode() not in b"".join(first.values())
    again = runs.run(replace(settings, run_id=""), stages=STAGES[:2])
    assert {p.name: p.read_bytes() for p in again.folder.documents.iterdir()} == first
    page = report.folder.page.read_text(encoding="utf-8")
    assert "Shop.Jobs.Baskets" in page
    assert "followed, and only you know what" in page  # the executed notebook's narrative


def test_a_users_mistake_stops_the_run_with_its_own_code_and_words(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text("schema_version: 9\njobs: {}\n")
    report = runs.run(replace(settings, decisions=tmp_path / "d.yaml"), stages=STAGES[:2])
    assert report.code == 2
    assert "schema_version 9" in report.stopped
    assert "Traceback" not in report.stopped
    assert "The run stopped" in report.folder.page.read_text(encoding="utf-8")
    assert report.manifest.exit_code == 2


@pytest.mark.parametrize(
    ("cells", "code", "words"),
    [
        ((WRITE, "import sys; sys.exit(0)", "1"), 3, "ended early: 2 cells not executed"),
        ((WRITE, "import os; os._exit(0)", "1"), 3, "the kernel died"),
        ((WRITE, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), 3, "the kernel died"),
        (("1",), 2, "cannot read inventory.json"),
        ((WRITE.replace("params)", 'params.model_copy(update={"run_id": "other"}))'),), 3, "of another run"),
        ((WRITE, "raise ValueError('x')"), 5, "ValueError: x"),
        ((WRITE, "from cronlift.errors import Finding\nraise Finding('a red verdict')"), 1, "a red verdict"),
    ],
)
def test_looking_finished_is_not_enough(
    settings: Settings, notebook: Any, cells: tuple[str, ...], code: int, words: str
) -> None:
    notebook(*cells)
    with settings.folder.writing():
        result = runner.run_stage(settings, INVENTORY)
    assert (result.done, result.code) == (False, code)
    assert words in result.text


def test_an_old_document_does_not_count(settings: Settings, notebook: Any) -> None:
    settings.folder.write_document(Inventory(run_id="r1", app="shop", env="prod", jobs=()))
    notebook("1")
    with settings.folder.writing():
        assert runner.run_stage(settings, INVENTORY).code == 2
    assert settings.folder.read_if_there(Inventory) is None


def test_the_kernel_is_this_python_over_ipc_without_the_users_set_up(
    settings: Settings, notebook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "ipython" / "profile_default" / "startup"
    profile.mkdir(parents=True)
    (profile / "x.py").write_text("apply = True\n")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    deep = tmp_path / ("deep" * 25)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))  # a socket's path would be too long there
    notebook(
        WRITE,
        "import sys, os, json, ipykernel.connect\n"
        "info = json.loads(ipykernel.connect.get_connection_info())\n"
        f"open({str(tmp_path / 'seen')!r}, 'w').write(json.dumps("
        "[sys.executable, info['transport'], os.environ['MINE'], 'apply' in globals()]))",
    )
    with settings.folder.writing():
        result = runner.run_stage(replace(settings, environment={"MINE": "yes"}), INVENTORY)
    assert result.done, result.text
    assert json.loads((tmp_path / "seen").read_text()) == [sys.executable, "ipc", "yes", False]
    assert list(deep.glob("cl-*")) == []


def test_apply_needs_the_hash_of_a_plan(settings: Settings) -> None:
    with pytest.raises(SafetyError, match="its hash is missing"):
        runs.run(replace(settings, apply=True))
    assert not settings.run.exists()
