"""The verbs of ``cronlift jobs`` from the command line: approval, and what each leaves on record."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))

from building import application
from test_operations import CLEANUP, JOBS, commands, gates, plan, shift, shop, started, sweep  # noqa: F401

from cronlift.commands.main import main
from cronlift.record import audit
from cronlift.record.run_folder import RunFolder
from cronlift.stages.install import install


@pytest.fixture
def folder(shop, plan, tmp_path):  # noqa: F811
    """A run folder with the installed plan; its jobs are behind shut gates."""
    run = RunFolder(tmp_path / "run")
    with run.writing():
        run.write_document(application(tmp_path, *JOBS))
        run.write_document(plan)
        run.write_document(install(plan, shop.server, apply=True))
    sweep(shop)
    return run


def said(capsys, *words, code=0):
    assert main(["jobs", *words]) == code
    captured = capsys.readouterr()
    return captured.out + captured.err


VERBS = ("start", "complete", "rollback", "give-back", "pause", "resume", "flatten", "reset", "run-now", "fence-remove",
         "uninstall")  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_a_plan_that_nobody_approved_is_not_acted_on(shop, folder, plan, capsys, verb):  # noqa: F811
    before = gates(shop)
    job = [] if verb in ("give-back", "fence-remove", "uninstall") else ["--job", CLEANUP]
    text = said(capsys, verb, "--run", str(folder.path), *job, "--apply", "--plan-hash", "0" * 16, code=2)
    assert "the plan is not the one that was approved; nothing was changed" in text
    assert gates(shop) == before
    assert not (folder.path / "acts").exists()


def test_a_look_names_the_hash_to_approve(shop, folder, plan, capsys):  # noqa: F811
    started(shop, plan)
    for verb in ("complete", "pause", "rollback"):
        extra = ["--deployed", "x"] if verb == "complete" else []
        assert f"--apply --plan-hash {plan.hash}" in said(capsys, verb, "--run", str(folder.path), *extra)
    said(capsys, "pause", "--run", str(folder.path), "--apply", "--plan-hash", plan.hash[:16])
    assert {g[0] for g in gates(shop).values()} == {"paused"}


def test_a_plan_that_was_edited_is_not_acted_on(shop, folder, capsys):  # noqa: F811
    file = folder.path / "documents/plan.json"
    file.write_text(file.read_text().replace('"overlap": "queue"', '"overlap": "allow"'))
    text = said(capsys, "reset", "--run", str(folder.path), "--job", CLEANUP, "--apply", code=2)
    assert "the plan was changed since the record was sealed" in text


def statements(folder, name):
    """What an act sent, as its file says: without comments, in one line each."""
    lines = [line for line in (folder.path / "acts" / name).read_text().splitlines() if not line.startswith("--")]
    return [re.sub(r"\s+", " ", text).strip() for text in "\n".join(lines).split(";\n") if text.strip()]


def test_the_record_holds_word_for_word_what_an_act_sent(shop, folder, plan, capsys):  # noqa: F811
    run = ["--run", str(folder.path), "--apply"]
    said(capsys, "start", *run, "--wait", "0", "--job", CLEANUP)
    (switch,) = statements(folder, "001_start.sql")
    at = gates(shop)[CLEANUP][1]
    assert switch.startswith("UPDATE cronlift.gate AS g SET state = n.state")
    assert f"'{{{CLEANUP}}}'" in switch or CLEANUP in switch
    assert at.strftime("%Y-%m-%d %H:%M:%S") in switch
    text = (folder.path / "acts/001_start.sql").read_text()
    assert f"-- {CLEANUP}: shut -> started, from {at.strftime('%Y-%m-%dT%H:%M:%SZ')}" in text
    assert f"-- In database {shop.name}:" in text

    shift(shop, "10 minutes", "pg_from")
    said(capsys, "complete", *run, "--deployed", "r2", "--job", CLEANUP)
    said(capsys, "flatten", *run, "--job", CLEANUP)
    assert "CALL public.cart_cleanup_worker_job()" in statements(folder, "003_flatten.sql")[-1]
    said(capsys, "rollback", *run, "--wait", "0", "--deployed", "r3", "--job", CLEANUP, code=4)
    log, entry, back = statements(folder, "004_rollback.sql")
    assert log.startswith("UPDATE cronlift.gate AS g SET flat_until")
    assert "CALL cronlift.run(" in entry
    assert "rolled_back" in back
    # Nothing to send is nothing to show, and the record is sealed over all of it.
    said(capsys, "rollback", *run, "--wait", "0", "--deployed", "r3", "--job", CLEANUP, code=4)
    assert not (folder.path / "acts/005_rollback.sql").exists()
    assert audit.verify(folder) == ()
    assert "What it sent to change something" in folder.page.read_text()

    # What was sent does the same again, but for its deadline: the very statement, run on the gate as it was.
    shop.execute("UPDATE cronlift.gate SET state = 'shut', pg_from = NULL, pg_until = NULL", user="postgres")
    again = re.sub(r"'\{\"[^}]*\"\}'::timestamptz\[\]\s*\)", "'{infinity}'::timestamptz[])", switch)
    shop.execute(again, user="postgres")
    assert gates(shop)[CLEANUP] == ("started", at, None)


def test_a_crash_leaves_what_may_have_come_through(shop, folder, plan, capsys, monkeypatch):  # noqa: F811
    from cronlift.handover import operation

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(operation, "_commit", killed)
    said(capsys, "start", "--run", str(folder.path), "--apply", "--wait", "0", "--job", CLEANUP, code=130)
    text = (folder.path / "acts/001_start.sql").read_text()
    assert "-- begun, and not known to have ended" in text
    assert "UPDATE cronlift.gate" in text
    assert json.loads((folder.path / "acts/001_start.json").read_text())["handover"]["complete"] is False
