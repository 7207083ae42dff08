"""Audit: whatever is done to a sealed folder afterwards is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cronlift.commands.main import main
from cronlift.errors import UsageError
from cronlift.model.plan import Plan
from cronlift.record import audit
from cronlift.record.close import close
from cronlift.record.manifest import Manifest
from cronlift.record.run_folder import RunFolder


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _reseal_by_hand(path: Path) -> None:
    """What somebody who knows the rules would do: change the manifest and compute its seal again."""
    data = json.loads(path.read_text(encoding="utf-8"))
    data["who"] = "somebody else"
    changed = Manifest.model_validate(data)
    data["seal"] = changed.computed_seal()
    path.write_text(json.dumps(data), encoding="utf-8")


def _behind_a_link(folder: RunFolder) -> None:
    shutil.move(folder.sql / "up.sql", folder.path.parent / "kept.sql")
    (folder.sql / "up.sql").symlink_to("../../kept.sql")


TAMPERINGS: dict[str, tuple[Callable[[RunFolder], object], str, str]] = {
    "document": (lambda f: _edit(f.documents / "plan.json", "shop", "shed"), "changed", "documents/plan.json"),
    "one byte of SQL": (lambda f: _edit(f.sql / "up.sql", "CREATE", "CREATe"), "changed", "sql/up.sql"),
    "a space": (lambda f: f.page.write_bytes(f.page.read_bytes() + b" "), "changed", "record.html"),
    "evidence removed": (lambda f: f.evidence.unlink(), "missing", "documents/evidence.json"),
    "document removed": (lambda f: f.document(Plan).unlink(), "missing", "documents/plan.json"),
    "file added": (lambda f: (f.sql / "more.sql").write_text("x"), "added", "sql/more.sql"),
    "empty file added": (lambda f: (f.path / "note").touch(), "added", "note"),
    "hidden file added": (lambda f: (f.documents / ".x").write_text("x"), "added", "documents/.x"),
    "file renamed": (lambda f: (f.sql / "up.sql").rename(f.sql / "UP.sql"), "missing", "sql/up.sql"),
    "file behind a link": (_behind_a_link, "changed", "sql/up.sql"),
    "manifest edited": (lambda f: _edit(f.manifest, '"exit_code": 0', '"exit_code": 1'), "seal", "manifest.json"),
    "hash in it": (
        lambda f: _edit(f.manifest, '"sql/up.sql": "', '"sql/up.sql": "0'),
        "changed",
        "sql/up.sql",
    ),
}


def test_a_record_as_it_was_left_is_intact(finished: RunFolder) -> None:
    assert audit.verify(finished) == ()


@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_named(finished: RunFolder, how: str) -> None:
    tamper, kind, what = TAMPERINGS[how]
    tamper(finished)
    assert any(d.kind == kind and d.what.startswith(what) for d in audit.verify(finished))


def test_what_a_later_command_seals_over_stays_on_record(finished: RunFolder) -> None:
    _edit(finished.sql / "up.sql", "CREATE", "create")
    (finished.path / "note").write_text("x")
    with finished.writing():
        finished.write_evidence({"next": "later"})
    found = audit.verify(finished)
    assert [(d.kind, d.what.split(":")[0]) for d in found] == [("earlier", "sql/up.sql"), ("earlier", "note")]
    assert "Not as it was sealed when this run began" in finished.page.read_text(encoding="utf-8")
    with finished.writing():
        finished.write_evidence({"next": "later still"})
    assert audit.verify(finished) == found


def test_a_manifest_rebuilt_whole_is_noticed_by_its_seal_kept_elsewhere(finished: RunFolder) -> None:
    kept = Manifest.from_file(finished.manifest).seal
    _reseal_by_hand(finished.manifest)
    assert audit.verify(finished) == ()
    assert [d.kind for d in audit.verify(finished, kept)] == ["seal"]


def test_the_chain_leads_to_the_record_beside_and_notices_its_change(finished: RunFolder) -> None:
    second = RunFolder(finished.path.parent / "2")
    shutil.copytree(finished.documents, second.documents)
    with second.writing():
        close(second)
    assert audit.verify(second) == ()
    _reseal_by_hand(finished.manifest)
    assert [(d.kind, d.what) for d in audit.verify(second)] == [("chain", "the record before was changed (1)")]
    shutil.rmtree(finished.path)
    assert [d.what for d in audit.verify(second)] == ["the record before is gone (beside this folder: 1)"]


def test_a_repeated_run_keeps_the_manifest_of_before_and_later_records_still_hold(finished: RunFolder) -> None:
    second = RunFolder(finished.path.parent / "2")
    shutil.copytree(finished.documents, second.documents)
    with second.writing():
        close(second)
    with finished.writing():
        close(finished)
        close(finished)
    assert Manifest.from_file(finished.manifest).sequence == 3
    assert audit.verify(finished) == ()
    assert audit.verify(second) == ()
    _reseal_by_hand(finished.history / "1.json")
    assert {d.kind for d in audit.verify(finished)} == {"changed", "chain"}


def test_no_record_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no record here"):
        audit.verify(RunFolder(tmp_path))
    with pytest.raises(UsageError, match="no such folder"):
        audit.records(tmp_path / "absent")


def test_commands(finished: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(finished.path)
    assert main(["audit", "verify", path]) == 0
    assert "intact: 14 files" in capsys.readouterr().out
    assert main(["audit", "show", path]) == 0
    shown = capsys.readouterr().out
    assert "7 found = 1 moved + 1 split + 1 stays + 2 review + 1 startup + 1 not analysed" in shown
    assert main(["audit", "list", str(finished.path.parent)]) == 0
    assert "ffffffffffff" in capsys.readouterr().out
    _edit(finished.sql / "up.sql", "CREATE", "create")
    assert main(["audit", "verify", path, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"] == [{"kind": "changed", "what": "sql/up.sql"}]
    assert main(["audit", "verify", path]) == 1
    assert capsys.readouterr().out == "sql/up.sql: changed since it was sealed\n"
    assert main(["audit", "verify", str(finished.path.parent)]) == 2
