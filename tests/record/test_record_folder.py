"""The run folder: whole files, one writer, never a foreign folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cronlift.errors import ServerError, UsageError
from cronlift.model.job import Inventory
from cronlift.model.plan import Plan
from cronlift.model.verification import Verification
from cronlift.record import audit
from cronlift.record.manifest import Manifest
from cronlift.record.run_folder import HELD, RunFolder, next_folder, write_atomically

HOLD = """
import sys, time
from pathlib import Path
from cronlift.record.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])).writing():
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_told_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder.path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match="another cronlift is writing"), folder.writing():
            pass
        other.kill()
    with folder.writing():
        pass


def test_a_kernel_of_the_run_writes_on_behalf_of_the_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.writing():
        with pytest.raises(UsageError), folder.writing():
            pass
        monkeypatch.setenv(HELD, str(folder.path))
        with folder.writing():
            assert folder.held_by_runner


def test_a_folder_with_other_things_is_never_written_to(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other files"), RunFolder(tmp_path).writing():
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/out.txt", "sql/../../out.txt"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        RunFolder(tmp_path / "run").write(name, "x")


def test_writing_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.json"
    write_atomically(target, "old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_documents_come_back_and_are_forgotten(finished: RunFolder) -> None:
    plan = finished.read(Plan)
    assert finished.document(Plan).read_text(encoding="utf-8") == plan.to_json()
    assert {p.name for p in finished.sql.iterdir()} == {"up.sql", "down.sql", "1_move.exs", "config.patch"}
    finished.write_document(plan.model_copy(update={"jobs": (), "up_sql": ""}))
    assert list(finished.sql.iterdir()) == []
    finished.forget(Inventory)
    assert finished.read_if_there(Inventory) is None
    with pytest.raises(UsageError, match=r"cannot read inventory\.json"):
        finished.read(Inventory)


def test_whoever_changes_a_document_leaves_a_closed_record(finished: RunFolder) -> None:
    with finished.writing():
        pass
    assert Manifest.from_file(finished.manifest).sequence == 1
    verification = finished.read(Verification)
    with pytest.raises(ServerError), finished.writing() as folder:
        folder.write_document(verification.model_copy(update={"installed": False}))
        raise ServerError("the server went away")
    assert Manifest.from_file(finished.manifest).sequence == 2
    assert audit.verify(finished) == ()
    assert "nothing was installed" not in finished.page.read_text(encoding="utf-8")


def test_folders_are_numbered(tmp_path: Path) -> None:
    assert next_folder(tmp_path / "runs").name == "1"
    for name in ("2", "10", "notes"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    assert next_folder(tmp_path / "runs").name == "11"
