"""``cronlift verify``: exit codes, what is printed, what the run folder holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from shops import CLEANUP, PREWARM, REFRESH, Shop, step

from cronlift.commands.main import main
from cronlift.model.verification import Verification
from cronlift.record.run_folder import RunFolder

Make = Callable[..., Shop]


def prepared(shop: Shop, folder: Path) -> Path:
    run = folder / "run"
    with RunFolder(run).writing() as held:
        held.write_document(shop.plan)
    return run


def test_pending_says_until_when_and_json_is_the_document(
    shop: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = shop(step(CLEANUP))
    run = prepared(made, tmp_path)
    assert main(["verify", "--run", str(run), "--app", str(made.app)]) == 4
    out = capsys.readouterr().out
    assert f"{made.plan.jobs[0].cron_name}: pending until 2" in out
    assert main(["verify", "--run", str(run), "--app", str(made.app), "--json"]) == 4
    document = json.loads(capsys.readouterr().out)
    assert RunFolder(run).read(Verification).model_dump(mode="json") == document
    assert RunFolder(run).read_evidence()["queries"]["cron_jobs"]["rows"]


def test_a_finding_is_exit_code_1(shop: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = shop(step(CLEANUP))
    made.replace_procedure("< now()", "<= now()")
    assert main(["verify", "--run", str(prepared(made, tmp_path))]) == 1
    assert "planted at expires_at = now()" in capsys.readouterr().out


def test_a_proof_database_without_the_mark_is_exit_code_2(
    shop: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shop(step(CLEANUP))
    monkeypatch.setenv("COPY", "dbname=template1")
    assert main(["verify", "--run", str(prepared(made, tmp_path)), "--proof-dsn-env", "COPY"]) == 2
    said = capsys.readouterr().err
    assert "does not carry the disposable mark" in said
    assert "Traceback" not in said


def test_nothing_installed_is_exit_code_0(shop: Make, tmp_path: Path) -> None:
    made = shop(step(CLEANUP), apply=False)
    assert main(["verify", "--run", str(prepared(made, tmp_path)), "--app", str(made.app)]) == 0


BY_HAND = """
CREATE PROCEDURE cleanup_by_hand() LANGUAGE sql AS $$ DELETE FROM cache WHERE expires_at <= now() $$;
CREATE PROCEDURE cleanup_right() LANGUAGE sql AS $$ DELETE FROM cache WHERE expires_at < now() $$;
CREATE PROCEDURE prewarm_by_hand() LANGUAGE sql AS $$
  INSERT INTO cache (key, body, expires_at)
  SELECT kind || ':' || id, to_jsonb(hot_item.*), now() + INTERVAL '24 hours' FROM hot_item
  ON CONFLICT (key) DO NOTHING
$$;
"""


def test_both_faults_of_procedures_written_by_hand_are_named(
    shop: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The comparison `<=` where the application has `<`, and a prewarm that lost its refresh."""
    jobs = {
        "Shop.Cleanup": ("0 * * * *", (step(CLEANUP),)),
        "Shop.Prewarm": ("0 * * * *", (step(REFRESH), step(PREWARM))),
    }
    made = shop(jobs=jobs, apply=False)
    made.database.execute(BY_HAND)
    run = str(prepared(made, tmp_path))
    before = made.contents()
    assert main(["verify", "--run", run, "--procedure", "cleanup_by_hand", "--job", "Shop.Cleanup"]) == 1
    out = capsys.readouterr().out
    assert "the row planted at expires_at = now() is as planted after the app's statements" in out
    assert main(["verify", "--run", run, "--procedure", "public.prewarm_by_hand()", "--job", "Shop.Prewarm"]) == 1
    out = capsys.readouterr().out
    assert "public.hot_item: " in out
    assert re.search(
        r"public.hot_item \(materialized view\): the app's statements .* inserted.*; the procedure nothing", out
    )
    assert "the app commits 2 times, the procedure holds everything in one transaction" in out
    assert main(["verify", "--run", run, "--procedure", "cleanup_right", "--job", "Shop.Cleanup", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["jobs"][0]["checks"][0]["status"] == "passed"
    assert made.contents() == before
    assert main(["verify", "--run", run, "--procedure", "cleanup_right"]) == 2
    assert "which job the procedure stands for is not clear" in capsys.readouterr().err
    assert main(["verify", "--run", run, "--procedure", "no_such", "--job", "Shop.Cleanup"]) == 2
